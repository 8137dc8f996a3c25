package dev.understudy.mysql.command;

import dev.understudy.protocol.Reply;
import java.util.List;
import java.util.stream.Collectors;

/** The whole answer of one server to one command. */
sealed interface Answer extends Reply {
    /**
     * The results of a query, one after the other; of most other commands, one.
     *
     * @param changes whether the statement asks for what is another on each call or server
     */
    record Results(List<Result> results, boolean changes) implements Answer {
        @Override
        public String describe() {
            return results.stream()
                    .limit(8)
                    .map(Result::describe)
                    .collect(Collectors.joining("; "));
        }
    }

    /**
     * A statement was prepared.
     *
     * @param id by which this server knows it, unsigned 32 bits
     * @param parameters 0..65535
     */
    record Prepared(long id, int parameters, List<Column> columns, int warnings) implements Answer {
        @Override
        public String describe() {
            return "prepared, %d parameters, %d columns".formatted(parameters, columns.size());
        }
    }

    /**
     * A bulk execute, done row by row.
     *
     * @param result all of them folded into one
     * @param rows that were executed
     */
    record Unrolled(Result result, int rows) implements Answer {
        @Override
        public String describe() {
            return "%s, in %d executes".formatted(result.describe(), rows);
        }
    }

    /** The columns of a table, without rows. */
    record Listed(List<Column> columns) implements Answer {
        @Override
        public String describe() {
            return columns.size() + " columns listed";
        }
    }

    /** A server's account of itself. */
    record Statistics(String text) implements Answer {
        @Override
        public String describe() {
            return text;
        }
    }

    /** One result. */
    sealed interface Result {
        /** The result for a reader. */
        String describe();

        /**
         * No rows.
         *
         * @param affectedRows unsigned
         * @param lastInsertId unsigned
         * @param state as of {@link ComparedState}
         */
        record Done(long affectedRows, long lastInsertId, int warnings, int state)
                implements Result {
            Done(long affectedRows, long lastInsertId, int warnings) {
                this(affectedRows, lastInsertId, warnings, 0);
            }

            @Override
            public String describe() {
                return "OK, %s affected, %d warnings"
                        .formatted(Long.toUnsignedString(affectedRows), warnings);
            }
        }

        /** An error; it ends the answer. */
        record Failed(int number, String sqlState, String message) implements Result {
            @Override
            public String describe() {
                return "error %d (%s): %s".formatted(number, sqlState, message);
            }
        }

        /**
         * Rows.
         *
         * @param state as of {@link ComparedState}
         */
        record Rows(RowSet rows, int warnings, int state) implements Result {
            Rows(RowSet rows, int warnings) {
                this(rows, warnings, 0);
            }

            @Override
            public String describe() {
                return "%s, %d warnings".formatted(rows, warnings);
            }
        }
    }
}
