package dev.understudy.mysql;

import dev.understudy.mysql.command.CommandSettings;
import dev.understudy.mysql.join.JoinSettings;
import dev.understudy.mysql.login.LoginSettings;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SettingsException;
import java.util.HashSet;
import java.util.Set;

/** The section {@code mysql} of the configuration. */
record MysqlSettings(LoginSettings login, CommandSettings commands, JoinSettings join) {
    /** Reads it whole; a wrong or unknown setting is a {@link SettingsException}. */
    static MysqlSettings of(RunContext run) {
        Set<String> known = new HashSet<>(LoginSettings.NAMES);
        known.addAll(CommandSettings.NAMES);
        known.addAll(JoinSettings.NAMES);
        run.settings().allowOnly(known);
        return new MysqlSettings(
                LoginSettings.of(run.settings()), CommandSettings.of(run), JoinSettings.of(run));
    }
}
