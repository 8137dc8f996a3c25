package dev.understudy.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.understudy.report.JournalFile;
import dev.understudy.report.Timeline;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code understudy explain}. */
@Command(
        name = "explain",
        sortOptions = false,
        description =
                "Tells what one session of a run went through: its requests, when they were sent and"
                        + " what they waited for, what was rewritten and why, and what both servers"
                        + " answered.")
final class ExplainCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            paramLabel = "SESSION",
            description = "its number, or its client as 192.0.2.7:40312: the report has both")
    private String session;

    @Option(
            names = "--report",
            paramLabel = "DIR",
            defaultValue = ".",
            description = "what --report of the run named; default: this directory")
    private Path report;

    @Option(names = "--json", description = "as JSON, a line for each target and copy")
    private boolean json;

    ExplainCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws RefusedException {
        List<JsonNode> journals;
        try {
            journals = JournalFile.read(report, session);
        } catch (IOException e) {
            throw new RefusedException(e.getMessage(), e);
        }
        String gap = "";
        for (JsonNode journal : journals) {
            console.out().print(json ? journal + "\n" : gap + Timeline.render(journal));
            gap = "\n";
        }
        console.out().flush();
        return ExitCode.OK;
    }
}
