package dev.understudy.mysql.sql;

import dev.understudy.protocol.SettingsException;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** Which statements are kept from the target: all that a {@link Rule} names and nobody allowed. */
public final class StatementRules {
    private final Set<Rule> allowed;
    private final boolean readOnly;

    private StatementRules(Set<Rule> allowed, boolean readOnly) {
        this.allowed = Collections.unmodifiableSet(allowed);
        this.readOnly = readOnly;
    }

    /** Every rule holds. */
    public static StatementRules strict() {
        return new StatementRules(EnumSet.noneOf(Rule.class), false);
    }

    /**
     * Every rule but these holds.
     *
     * @param ids as {@link Rule#id}
     * @throws SettingsException if one is no rule
     */
    public static StatementRules allowing(Collection<String> ids) {
        EnumSet<Rule> allowed = EnumSet.noneOf(Rule.class);
        for (String id : ids) {
            allowed.add(
                    Rule.of(id)
                            .filter(rule -> rule != Rule.READ_ONLY)
                            .orElseThrow(
                                    () ->
                                            new SettingsException(
                                                    "mysql.allow: '%s' is no rule; the rules are %s"
                                                            .formatted(id, Rule.ids()))));
        }
        return new StatementRules(allowed, false);
    }

    /** These, and nothing that may change more than its session, whatever is allowed. */
    public StatementRules readOnly() {
        return new StatementRules(allowed, true);
    }

    /** Whether only what reads is sent. */
    public boolean isReadOnly() {
        return readOnly;
    }

    /** Whether statements under this rule are sent after all. */
    public boolean allows(Rule rule) {
        return rule == Rule.READ_ONLY ? !readOnly : allowed.contains(rule);
    }
}
