package dev.sidecar.console;

import dev.sidecar.access.IssuerLogin;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Shows the login page; package access checks the password, and asks the issuer. */
@Controller
class LoginController {

    private final IssuerLogin issuer;

    LoginController(IssuerLogin issuer) {
        this.issuer = issuer;
    }

    @GetMapping("/login")
    String page(@RequestParam Optional<String> refused, HttpServletRequest request, Model model) {
        model.addAttribute("refused", refused.flatMap(LoginController::words).orElse(null));
        issuer.host().ifPresent(host -> {
            boolean answers = issuer.answers();
            model.addAttribute("issuer", host);
            model.addAttribute("answers", answers);
            model.addAttribute("begin", IssuerLogin.PATH);
            model.addAttribute(
                    "leave", issuer.logout(request).map(URI::toString).orElse(null));
        });
        return "login";
    }

    private static Optional<String> words(String reason) {
        return Stream.of(IssuerLogin.Refusal.values())
                .filter(refusal -> refusal.name().equalsIgnoreCase(reason))
                .map(IssuerLogin.Refusal::words)
                .findFirst();
    }
}
