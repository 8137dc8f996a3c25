package dev.understudy.protocol;

/** A protocol's own record of one whole answer, as much of it as a comparison needs. */
public interface Reply {
    /** The answer for a reader of the report, a few lines at most; no secret. */
    String describe();
}
