package dev.understudy.memcached.command;

import java.util.List;

/** The whole answer of one server to one request, no answer included. */
public sealed interface Answer {
    /** The answer for a reader; no value. */
    String describe();

    /** Takes in each cas value of the answer. */
    default void eachCas(CasTaker taker) {}

    /** Is told of a cas value. */
    @FunctionalInterface
    interface CasTaker {
        /** The version, not 0, that the server gave for the item of a key. */
        void take(String key, long cas);
    }

    /** The items of a read that are there; what was asked for and is not among them is a miss. */
    record Items(List<Item> items) implements Answer {
        public Items {
            items = List.copyOf(items);
        }

        @Override
        public void eachCas(CasTaker taker) {
            for (Item item : items) {
                if (item.cas() != 0) {
                    taker.take(item.key(), item.cas());
                }
            }
        }

        @Override
        public String describe() {
            return switch (items.size()) {
                case 0 -> "miss";
                case 1 -> items.getFirst().describe();
                default -> items.size() + " hits";
            };
        }
    }

    /**
     * How a write, delete or touch went.
     *
     * @param word as the classic dialect says it: {@code STORED}, {@code NOT_FOUND}
     * @param cas the item's new version, 0 where it was not told
     */
    record Status(String word, String key, long cas) implements Answer {
        @Override
        public void eachCas(CasTaker taker) {
            if (cas != 0) {
                taker.take(key, cas);
            }
        }

        @Override
        public String describe() {
            return word;
        }
    }

    /**
     * The number that an increment or decrement came to.
     *
     * @param digits decimal, unsigned; empty where the client did not ask for it
     */
    record Counted(String digits, String key, long cas) implements Answer {
        @Override
        public void eachCas(CasTaker taker) {
            if (cas != 0) {
                taker.take(key, cas);
            }
        }

        @Override
        public String describe() {
            return digits.isEmpty() ? "counted" : digits;
        }
    }

    /**
     * An error.
     *
     * @param type what is compared: {@code CLIENT_ERROR}, or the status of a packet
     * @param text the server's own words, which are not
     */
    record Failed(String type, String text) implements Answer {
        @Override
        public String describe() {
            return text.isEmpty() ? type : type + " " + text;
        }
    }

    /** A server's account of itself, or the answer to a barrier: never compared further. */
    record Said(String what) implements Answer {
        @Override
        public String describe() {
            return what;
        }
    }

    /** No answer came to a request that wanted none. */
    record Silent() implements Answer {
        @Override
        public String describe() {
            return "no answer";
        }
    }

    /** What no answer says about a request. */
    static Answer ofSilence(Ask ask) {
        String key = ask.keys().isEmpty() ? "" : ask.keys().getFirst();
        return switch (ask.silence()) {
            case MISS -> new Items(List.of());
            case DONE ->
                    ask.kind() == Kind.COUNT
                            ? new Counted("", key, 0)
                            : new Status(done(ask.kind()), key, 0);
            case UNSAID, NEVER -> new Silent();
        };
    }

    /** The classic word for a request that was carried out. */
    static String done(Kind kind) {
        return switch (kind) {
            case SET, ADD, MODIFY -> "STORED";
            case DELETE -> "DELETED";
            case TOUCH -> "TOUCHED";
            case READ, COUNT, BARRIER, VERSION, QUIT, LOGIN, CONTROL, UNKNOWN -> "OK";
        };
    }
}
