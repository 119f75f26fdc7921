package dev.sidecar.access;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;

/** The rights of a person or token. {@link Permissions} says what that is for each request. */
public enum Role {
    /** Sees everything but secrets, and changes nothing. */
    VIEWER,
    /** Also starts, changes, restores, deletes and silences. */
    OPERATOR,
    /** Also gives tokens to scripts. Only the local user has it, so nobody else leaves a login behind that outlives their own. */
    ADMIN;

    /** Whoever sent the request has this role. */
    public boolean isOf(HttpServletRequest request) {
        return request.isUserInRole(name());
    }

    /** As a setting, a command or a page names it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Role> named(String word) {
        return Stream.of(VIEWER, OPERATOR)
                .filter(role -> role.word().equals(word))
                .findFirst();
    }

    /** Of this role and of all that it includes. */
    List<GrantedAuthority> authorities() {
        return Stream.of(values())
                .filter(role -> role.compareTo(this) <= 0)
                .<GrantedAuthority>map(role -> new SimpleGrantedAuthority("ROLE_" + role.name()))
                .toList();
    }
}
