package dev.understudy.cli;

import dev.understudy.plugins.ProtocolCatalog;

/** Copies. */
interface RunEngine {
    /**
     * Runs to the end, in order; blocks. Whatever goes wrong once packets are being captured is in
     * the result, not thrown.
     *
     * @param catalog stays open until this returns
     * @throws RefusedException where the run cannot be begun
     */
    RunResult run(RunPlan plan, ProtocolCatalog catalog, RunControl control)
            throws RefusedException;
}
