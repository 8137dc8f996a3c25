package dev.understudy.http.compare;

/** What differs, the gravest first: of several differences the first names the verdict. */
enum Kind {
    /** The target's answer did not come, or not whole. */
    TRANSPORT("transport"),
    /** The target alone asks for a login. */
    LOGIN_LOST("login-lost"),
    /** One server says "not modified" where the other sends the content. */
    STATE("state"),
    STATUS("status"),
    /** A redirect, or the address of what was made, leads elsewhere. */
    LOCATION("location"),
    /** The content's type. */
    TYPE("type"),
    /** Members or elements of a JSON body. */
    JSON("json"),
    /** Any other body. */
    BODY("body"),
    /** Names or attributes of cookies. */
    COOKIE("cookie"),
    HEADER("header"),
    TRAILER("trailer"),
    /** Values that differ and look as if each server makes its own: ids, times, tokens. */
    LIKELY_NOISE("likely-noise");

    private final String word;

    Kind(String word) {
        this.word = word;
    }

    String word() {
        return word;
    }
}
