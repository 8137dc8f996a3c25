package dev.understudy.mysql.sql;

import dev.understudy.protocol.SettingsException;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** Which statements are kept from the target: all that a {@link Rule} names and nobody allowed. */
public final class StatementRules {
    private final Set<Rule> allowed;

    private StatementRules(Set<Rule> allowed) {
        this.allowed = Collections.unmodifiableSet(allowed);
    }

    /** Every rule holds. */
    public static StatementRules strict() {
        return new StatementRules(EnumSet.noneOf(Rule.class));
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
                            .orElseThrow(
                                    () ->
                                            new SettingsException(
                                                    "mysql.allow: '%s' is no rule; the rules are %s"
                                                            .formatted(id, Rule.ids()))));
        }
        return new StatementRules(allowed);
    }

    /** Whether statements under this rule are sent after all. */
    public boolean allows(Rule rule) {
        return allowed.contains(rule);
    }
}
