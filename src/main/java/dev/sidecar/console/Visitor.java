package dev.sidecar.console;

import dev.sidecar.access.Role;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ModelAttribute;

/** Tells every page who looks at it and whether the buttons that change something are theirs. */
@ControllerAdvice(basePackageClasses = Visitor.class)
class Visitor {

    /** The view of a person for the pages. @param name as the audit names the person @param operator may start and change things */
    record Me(String name, boolean operator) {

        /** The name without what tells two people of one name apart. */
        public String shown() {
            int beginsWithIssuer = name.indexOf(" (oidc:");
            return (beginsWithIssuer < 0 ? name : name.substring(0, beginsWithIssuer)) + (operator ? "" : ", viewer");
        }
    }

    @ModelAttribute("me")
    Me me(HttpServletRequest request) {
        return new Me(String.valueOf(request.getRemoteUser()), Role.OPERATOR.isOf(request));
    }
}
