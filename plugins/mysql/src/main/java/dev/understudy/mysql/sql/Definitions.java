package dev.understudy.mysql.sql;

import java.util.Set;

/** Finds what CREATE, ALTER, DROP and RENAME are about. */
final class Definitions {
    private static final Set<String> OBJECTS =
            Set.of(
                    """
                    TABLE TABLES INDEX VIEW DATABASE SCHEMA PROCEDURE FUNCTION TRIGGER EVENT USER
                    ROLE SERVER INSTANCE TABLESPACE UNDO LOGFILE RESOURCE SEQUENCE PACKAGE
                    REFERENCE LIBRARY PREPARE
                    """
                            .strip()
                            .split("\\s+"));

    /** What may stand between the verb and the object, besides a definer. */
    private static final Set<String> MODIFIERS =
            Set.of(
                    """
                    OR REPLACE TEMPORARY DEFINER ALGORITHM SQL SECURITY INVOKER AGGREGATE UNIQUE
                    FULLTEXT SPATIAL VECTOR ONLINE OFFLINE IGNORE IF NOT EXISTS JSON RELATIONAL
                    DUALITY MATERIALIZED EXTERNAL BITMAP CURRENT_USER CURRENT_ROLE
                    """
                            .strip()
                            .split("\\s+"));

    private Definitions() {}

    /** Index of the word that says what it is, or {@code to} where none is found. */
    static int object(Tokens tokens, int lead, int to) {
        int i = lead + 1;
        while (i < to) {
            if (tokens.is(i, '=')) {
                // A value: of ALGORITHM, or the definer's name, whatever it reads like.
                i += 2;
            } else if (OBJECTS.contains(tokens.word(i))) {
                return i;
            } else if (MODIFIERS.contains(tokens.word(i))
                    || tokens.kind(i) == TokenKind.USER_VARIABLE
                    || tokens.is(i, '(')
                    || tokens.is(i, ')')) {
                i++;
            } else {
                return to;
            }
        }
        return to;
    }
}
