package dev.understudy.report;

import dev.understudy.ledger.Counts;
import dev.understudy.ledger.Group;
import dev.understudy.ledger.Journals;
import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.SessionJournal;
import java.util.List;

/**
 * All there is to say of a run that has ended.
 *
 * @param groups those with most differences first; without samples where none may be shown
 * @param byLabel the same requests by the labels that the protocol gave them
 * @param detail what may be shown of what was captured
 * @param journals of sessions, for {@link JournalFile}
 * @param samplesOmitted samples that were due and not kept, since they are bounded
 */
public record Report(
        RunDescription run,
        Ending ending,
        AllowedLimits allowed,
        Judgement judgement,
        Counts counts,
        List<Group> groups,
        List<Group> byLabel,
        SampleDetail detail,
        List<SessionJournal.Kept> journals,
        Journals.Count journalCount,
        long samplesOmitted) {
    public Report {
        groups = List.copyOf(groups);
        byLabel = List.copyOf(byLabel);
        journals = List.copyOf(journals);
    }

    /** Closes the books: checks the sums, decides the outcome. The run has come to rest. */
    public static Report of(
            RunDescription run,
            Ledger ledger,
            Ending ending,
            AllowedLimits allowed,
            SampleDetail detail) {
        Counts counts = ledger.counts();
        List<Group> groups = ledger.scoreboard().groups();
        return new Report(
                run,
                ending,
                allowed,
                run.control()
                        ? Judgement.ofControl(counts, ledger.imbalance(), ending, allowed)
                        : Judgement.of(counts, ledger.imbalance(), ending, allowed),
                counts,
                switch (detail) {
                    case FULL -> groups;
                    case NONE -> groups.stream().map(Group::withoutSamples).toList();
                },
                ledger.scoreboard().byLabel(),
                detail,
                ledger.journals().kept(),
                ledger.journals().count(),
                ledger.scoreboard().samplesOmitted());
    }

    /** The server and its target, for a reader. */
    String pair() {
        return run.online() + " to " + run.target();
    }

    /** What is said of this target, among others. */
    String named(String text) {
        return pair() + ": " + text;
    }

    /** What the run came to. */
    public Outcome outcome() {
        return judgement.outcome();
    }
}
