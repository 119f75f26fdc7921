package dev.sidecar.console;

import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;

/** The page that asks for the password; checking it is the business of package access. */
@Controller
class LoginController {

    @GetMapping("/login")
    String page() {
        return "login";
    }
}
