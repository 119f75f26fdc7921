package dev.sidecar.console;

import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;

/** Shows the login page; package access checks the password. */
@Controller
class LoginController {

    @GetMapping("/login")
    String page() {
        return "login";
    }
}
