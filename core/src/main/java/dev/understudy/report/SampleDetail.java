package dev.understudy.report;

/** What of captured requests and answers may be written into a report. */
public enum SampleDetail {
    /** Texts and values as the plugin gives them; personal data may be in them. */
    FULL,
    /** Fingerprints and counts only. */
    NONE
}
