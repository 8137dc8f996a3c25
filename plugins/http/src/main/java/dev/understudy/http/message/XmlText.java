package dev.understudy.http.message;

/**
 * Finds what stands under a name in an XML text: the text of elements that have no others within
 * them, and attributes (XML 1.0, sections 2.3, 2.7 and 3.1). The text is not checked, and may be
 * cut: what is no markup is passed over, and a value without its end is none. Goes through the text
 * once.
 */
public final class XmlText {
    private static final String CDATA = "<![CDATA[";
    private static final String CDATA_END = "]]>";

    /** Where values go. */
    public interface Values {
        /**
         * One value, without the white space around it.
         *
         * @param name of the element or attribute, without its prefix
         * @param start index of its first character; {@code end} that of the one behind it
         * @param raw whether it stands as it is, in a CDATA section, or with escapes
         */
        void found(String name, int start, int end, boolean raw);
    }

    private final String text;
    private final Values values;

    private XmlText(String text, Values values) {
        this.text = text;
        this.values = values;
    }

    /** Tells all values of a text, in their order. */
    public static void read(String text, Values values) {
        XmlText reading = new XmlText(text, values);
        for (int at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
            at = reading.behindMarkup(at);
        }
    }

    /** The index behind what begins here, at least by one. */
    private int behindMarkup(int at) {
        if (text.startsWith("<!--", at)) {
            return behind("-->", at + 4);
        }
        if (text.startsWith(CDATA, at)) {
            return behind(CDATA_END, at + CDATA.length());
        }
        if (text.startsWith("<?", at)) {
            return behind("?>", at + 2);
        }
        return isNameStart(at + 1) ? behindTag(at + 1) : at + 1;
    }

    private int behind(String end, int from) {
        int found = text.indexOf(end, from);
        return found < 0 ? text.length() : found + end.length();
    }

    private int behindTag(int nameStart) {
        int at = nameEnd(nameStart);
        String name = local(nameStart, at);
        for (at = spaceEnd(at); at < text.length(); at = spaceEnd(at)) {
            char c = text.charAt(at);
            if (c == '>') {
                return behindContent(name, at + 1);
            }
            if (c == '<' || text.startsWith("/>", at)) {
                return at;
            }
            at = isNameStart(at) ? behindAttribute(at) : at + 1;
        }
        return at;
    }

    private int behindAttribute(int nameStart) {
        int nameEnd = nameEnd(nameStart);
        int equals = spaceEnd(nameEnd);
        if (equals >= text.length() || text.charAt(equals) != '=') {
            return nameEnd;
        }
        int quote = spaceEnd(equals + 1);
        if (quote >= text.length() || "\"'".indexOf(text.charAt(quote)) < 0) {
            return quote;
        }
        int end = text.indexOf(text.charAt(quote), quote + 1);
        if (end < 0) {
            return text.length();
        }
        values.found(local(nameStart, nameEnd), quote + 1, end, false);
        return end + 1;
    }

    private int behindContent(String name, int from) {
        int start = spaceEnd(from);
        boolean raw = text.startsWith(CDATA, start);
        start += raw ? CDATA.length() : 0;
        int end = text.indexOf(raw ? CDATA_END : "<", start);
        if (end < 0) {
            return text.length();
        }
        int last = end;
        while (last > start && isSpace(text.charAt(last - 1))) {
            last--;
        }
        int next = raw ? end + CDATA_END.length() : end;
        if (last > start && text.startsWith("</", next)) {
            values.found(name, start, last, raw);
        }
        return next;
    }

    private String local(int start, int end) {
        int from = end;
        while (from > start && text.charAt(from - 1) != ':') {
            from--;
        }
        return text.substring(from, end);
    }

    private int nameEnd(int at) {
        int end = at;
        while (end < text.length() && isName(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private int spaceEnd(int at) {
        int end = at;
        while (end < text.length() && isSpace(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private boolean isNameStart(int at) {
        return at < text.length() && isName(text.charAt(at)) && "-.".indexOf(text.charAt(at)) < 0;
    }

    private static boolean isName(char c) {
        return Character.isLetterOrDigit(c)
                || c == '_'
                || c == ':'
                || c == '-'
                || c == '.'
                || c > 0x7f;
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }
}
