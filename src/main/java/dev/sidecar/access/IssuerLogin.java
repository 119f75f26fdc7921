package dev.sidecar.access;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.Optional;

/** The login at an issuer of OpenID Connect, as the login page offers it. */
public interface IssuerLogin {

    /** Where it begins. */
    String PATH = "/oauth2/authorization/oidc";

    /** Host of the issuer, which people know it by; empty if there is no such login. */
    Optional<String> host();

    /** The issuer answers, as far as is known: it was asked in the last minute, or is asked now. */
    boolean answers();

    /** Page of the issuer on which whoever just logged out here logs out there, too; empty if it says none. */
    Optional<URI> logout(HttpServletRequest request);

    /** Why the login at the issuer led to none here. */
    enum Refusal {
        /** The issuer knows who it is, and nobody gave them a role. */
        NO_ROLE("You logged in at the issuer, but none of your groups has a role here. Ask whoever runs this sidecar:"
                + " sidecar.access.oidc.viewers and sidecar.access.oidc.operators name the groups."),
        /** The token is not one that the issuer made for this login. */
        TOKEN(
                "What the issuer sent was not accepted: signature, issuer, audience, time or nonce of the token are wrong."
                        + " The log of the sidecar says which."),
        /** The issuer gave no token. */
        REFUSED("The issuer refused the login. The log of the sidecar says why."),
        /** Whoever was asked said no. */
        CANCELLED("You did not agree to the login at the issuer."),
        /** The answer belongs to no login that this browser began here. */
        STALE("This login began in another browser, or too long ago. Try again."),
        /** The issuer gave no answer. */
        ISSUER("The issuer does not answer. Try again, or log in as the local user."),
        /** Too many log in at once. */
        BUSY("Too many logins at once, after too many failed ones. Try again in a few seconds.");

        private final String words;

        Refusal(String words) {
            this.words = words;
        }

        /** The message for the person. */
        public String words() {
            return words;
        }
    }
}
