package dev.understudy.session;

/** How a run came to its end. */
public sealed interface RunEnd {
    /** The recording was read to its end, or the duration has passed. */
    record Finished() implements RunEnd {}

    /** Somebody asked it to stop. */
    record Stopped() implements RunEnd {}

    /** The target failed too often to go on. */
    record TargetLost(String reason) implements RunEnd {}

    /** Connections to a target came back in the capture: it leads to the online server. */
    record Looped(String reason) implements RunEnd {}

    /** The source could be read no further; what came before was copied. */
    record SourceFailed(String reason) implements RunEnd {}

    /** A fault of ours. */
    record Broken(Throwable fault) implements RunEnd {}
}
