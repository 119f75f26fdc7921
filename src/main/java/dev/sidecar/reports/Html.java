package dev.sidecar.reports;

import dev.sidecar.text.HostileText;
import java.util.ArrayDeque;
import java.util.Deque;

/** Writes HTML and SVG: whatever is text or the value of an attribute is escaped, as there is no other way to write it. */
final class Html {

    private final StringBuilder html;
    private final Deque<String> open = new ArrayDeque<>();

    /** @param head what precedes the elements; ours, and written as it is */
    Html(String head) {
        html = new StringBuilder(head);
    }

    /** Begins an element. @param attributes names and values in turn */
    Html begin(String element, String... attributes) {
        html.append('<').append(element);
        for (int i = 0; i < attributes.length; i += 2) {
            html.append(' ')
                    .append(attributes[i])
                    .append("=\"")
                    .append(HostileText.forHtml(attributes[i + 1]))
                    .append('"');
        }
        html.append('>');
        open.push(element);
        return this;
    }

    Html text(String text) {
        html.append(HostileText.forHtml(text));
        return this;
    }

    /** Ends the element that began last. */
    Html end() {
        html.append("</").append(open.pop()).append(">\n");
        return this;
    }

    /** Writes an element that holds only text. */
    Html element(String element, String text, String... attributes) {
        return begin(element, attributes).text(text).end();
    }

    @Override
    public String toString() {
        while (!open.isEmpty()) {
            end();
        }
        return html.toString();
    }
}
