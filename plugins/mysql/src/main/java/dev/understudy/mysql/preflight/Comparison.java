package dev.understudy.mysql.preflight;

import dev.understudy.mysql.wire.ForReaders;
import dev.understudy.protocol.Table;
import java.util.ArrayList;
import java.util.List;

/**
 * What came of holding the two servers against each other.
 *
 * @param differences none where they are alike, or could not be read
 * @param remarks what the differences lack, each with the reason
 */
public record Comparison(List<Difference> differences, List<String> remarks) {
    private static final String TITLE = "what differs between the servers";

    /** Nothing was asked for. */
    public static final Comparison NONE = new Comparison(List.of(), List.of());

    public Comparison {
        differences = List.copyOf(differences);
        remarks = remarks.stream().map(ForReaders::line).toList();
    }

    static Comparison notMade(String why) {
        return new Comparison(
                List.of(), List.of("the two servers were not compared (%s)".formatted(why)));
    }

    /** For a run: a line for all differences together. */
    public List<String> summary() {
        List<String> lines = new ArrayList<>(remarks);
        if (!differences.isEmpty()) {
            lines.add(
                    "%s: %d, named by 'understudy doctor' and in a table of the report"
                            .formatted(TITLE, differences.size()));
        }
        return lines;
    }

    /** For doctor: a line for each. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        differences.forEach(difference -> lines.add(difference.line()));
        lines.addAll(remarks);
        return lines;
    }

    /** For the report; no table where there is nothing to say. */
    public List<Table> tables() {
        List<List<String>> rows = new ArrayList<>();
        differences.forEach(difference -> rows.add(difference.cells()));
        remarks.forEach(remark -> rows.add(List.of("", "", "", remark)));
        return rows.isEmpty()
                ? List.of()
                : List.of(
                        new Table(
                                TITLE,
                                List.of("what", "online", "target", "what that does"),
                                rows));
    }
}
