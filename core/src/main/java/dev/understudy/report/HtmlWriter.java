package dev.understudy.report;

/**
 * Writes HTML. Text and the values of attributes are escaped here and nowhere else, and whatever is
 * not one of ours is text: what was captured cannot become markup.
 */
final class HtmlWriter {
    private final StringBuilder out = new StringBuilder();

    /** Opens an element. */
    HtmlWriter open(String tag) {
        out.append('<').append(tag).append('>');
        return this;
    }

    /** Opens an element of a class, or of several. */
    HtmlWriter open(String tag, String classes) {
        out.append('<').append(tag).append(" class=\"");
        escape(classes);
        out.append("\">");
        return this;
    }

    /** A part of a bar. */
    HtmlWriter part(String classes, double percent) {
        out.append("<span class=\"");
        escape(classes);
        out.append("\" style=\"width:%s%%\"></span>".formatted(percent));
        return this;
    }

    /** Closes an element, and begins a line. */
    HtmlWriter close(String tag) {
        out.append("</").append(tag).append(">\n");
        return this;
    }

    /** Text. */
    HtmlWriter text(String text) {
        escape(TextReport.printable(text));
        return this;
    }

    /** An element that holds text. */
    HtmlWriter element(String tag, String text) {
        return open(tag).text(text).close(tag);
    }

    /** An element of a class, or of several, that holds text. */
    HtmlWriter element(String tag, String classes, String text) {
        return open(tag, classes).text(text).close(tag);
    }

    /** What is written as it is: never anything of a run. */
    HtmlWriter literal(String html) {
        out.append(html);
        return this;
    }

    private void escape(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '&' -> out.append("&amp;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(c);
            }
        }
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
