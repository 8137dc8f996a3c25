package dev.understudy.protocol.testing;

import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * What every plugin has to keep to, tried on stories of its own protocol:
 *
 * <ul>
 *   <li>it knows its name, its ports and its own first bytes, and refuses a setting it does not
 *       know;
 *   <li>however the bytes are cut, the requests, the answers, the verdicts and what is sent are the
 *       same;
 *   <li>each request is announced once and in order, and ends at most once;
 *   <li>with bytes missing from the capture it sends no request that the whole capture has not;
 *   <li>whatever comes, it neither throws nor goes round in circles;
 *   <li>no secret of the story shows.
 * </ul>
 *
 * <p>No test framework is needed: {@link #check} returns what is wrong, one sentence each.
 */
public final class ContractKit {
    /** Runs of each story with one cut, one gap or one wrong byte; more places than that: some. */
    private static final int MAX_RUNS = 1_500;

    /** Sentences kept: what goes wrong once goes wrong at many cuts. */
    private static final int MAX_COMPLAINTS = 20;

    private final Supplier<Protocol> maker;
    private final Set<String> complaints = new TreeSet<>();

    private ContractKit(Supplier<Protocol> maker) {
        this.maker = maker;
    }

    /**
     * Tries a plugin.
     *
     * @param maker gives a new instance each time, as for a copy of its own
     * @param stories at least one with a request that both servers answer
     * @return what is wrong; empty for a plugin that keeps the contract
     */
    public static List<String> check(Supplier<Protocol> maker, List<Story> stories) {
        ContractKit kit = new ContractKit(maker);
        kit.identity();
        if (stories.stream().noneMatch(story -> story.same() > 0)) {
            kit.complain("no story has an answer that is the same on both sides");
        }
        for (Story story : stories) {
            kit.story(story);
        }
        return List.copyOf(kit.complaints);
    }

    private void complain(String sentence) {
        if (complaints.size() < MAX_COMPLAINTS) {
            complaints.add(sentence);
        }
    }

    private void identity() {
        Protocol protocol = maker.get();
        if (!protocol.name().matches("[a-z][a-z0-9-]*")) {
            complain("its name '%s' is not a lower-case word".formatted(protocol.name()));
        }
        for (int port : protocol.usualPorts()) {
            if (port < 1 || port > 65_535) {
                complain("its usual port %d is none".formatted(port));
            }
        }
        for (Direction direction : Direction.values()) {
            if (protocol.detect(direction, Unpooled.buffer()) == Detection.MATCH) {
                complain("it detects itself in no byte %s".formatted(direction));
            }
        }
        try {
            Preparation found =
                    protocol.prepare(context(protocol, Map.of("no-such-setting", true)));
            if (found.problems().stream().noneMatch(each -> each.contains("no-such-setting"))) {
                complain("a setting that it does not know passes");
            }
        } catch (SettingsException _) {
            // As good as a problem: core shows its message.
        }
    }

    static RunContext context(Protocol protocol, Map<String, Object> settings) {
        return new RunContext(
                Settings.of(protocol.name(), settings),
                InetSocketAddress.createUnresolved("online.invalid", 1),
                InetSocketAddress.createUnresolved("target.invalid", 2),
                RunContext.DEFAULT_REPLY_KEEP_BYTES);
    }

    private void story(Story story) {
        detected(story);
        StoryRun whole = run(story, story.turns());
        if (whole.failed()) {
            return;
        }
        if (whole.leftOut()) {
            complain("%s: it is left out: %s".formatted(story.name(), whole.ends()));
        }
        if (whole.unread() > 0) {
            complain(
                    "%s: %d captured bytes were never read"
                            .formatted(story.name(), whole.unread()));
        }
        if (whole.same() != story.same() || whole.different() != story.different()) {
            complain(
                    "%s: %d answers are the same and %d differ, and it should be %d and %d: %s"
                            .formatted(
                                    story.name(),
                                    whole.same(),
                                    whole.different(),
                                    story.same(),
                                    story.different(),
                                    whole.ends()));
        }
        cuts(story, whole);
        gaps(story, whole);
        wrongBytes(story);
    }

    private void detected(Story story) {
        Map<Direction, ByteBuf> first = new LinkedHashMap<>();
        for (Story.Turn turn : story.turns()) {
            if (turn instanceof Story.Turn.Captured(Direction direction, ByteBuf bytes)) {
                first.putIfAbsent(direction, bytes);
            }
        }
        first.forEach(
                (direction, bytes) -> {
                    ByteBuf shown = bytes.duplicate();
                    if (maker.get().detect(direction, shown) == Detection.NO_MATCH) {
                        complain("%s: its own first bytes %s".formatted(story.name(), direction));
                    }
                    if (!shown.equals(bytes)) {
                        complain(
                                "%s: detect moves the indices of what it is shown"
                                        .formatted(story.name()));
                    }
                });
    }

    /** Runs once; faults are complained of, with what was done to the story. */
    private StoryRun run(Story story, List<Story.Turn> turns) {
        return run(story, turns, "");
    }

    private StoryRun run(Story story, List<Story.Turn> turns, String done) {
        StoryRun run = new StoryRun(maker.get(), story);
        run.tell(turns);
        run.end();
        run.complaints().forEach(each -> complain("%s%s: %s".formatted(story.name(), done, each)));
        return run;
    }

    private void cuts(Story story, StoryRun whole) {
        List<Story.Turn> bytewise = new ArrayList<>();
        for (Story.Turn turn : story.turns()) {
            for (int i = 0; i < turn.bytes().readableBytes(); i++) {
                bytewise.add(part(turn, i, i + 1));
            }
        }
        compare(story, whole, bytewise, ", byte by byte");
        for (Place place : places(story)) {
            List<Story.Turn> turns = new ArrayList<>(story.turns());
            Story.Turn cut = turns.remove(place.turn);
            turns.add(place.turn, part(cut, place.at, cut.bytes().readableBytes()));
            turns.add(place.turn, part(cut, 0, place.at));
            compare(story, whole, turns, ", " + place);
        }
    }

    private void compare(Story story, StoryRun whole, List<Story.Turn> turns, String done) {
        StoryRun run = run(story, turns, done);
        if (!run.failed() && !run.ends().equals(whole.ends())) {
            complain(
                    "%s%s: it comes to %s instead of %s"
                            .formatted(story.name(), done, run.ends(), whole.ends()));
        } else if (!run.failed() && !run.sent().equals(whole.sent())) {
            complain("%s%s: other bytes are sent".formatted(story.name(), done));
        }
    }

    private void gaps(Story story, StoryRun whole) {
        Random random = new Random(1);
        Set<String> requests = new HashSet<>(whole.requestBytes().values());
        // Where the answer is missing that gave a value, the request may go as it was captured.
        for (Story.Turn turn : story.turns()) {
            requests.add(turn.bytes().toString(StandardCharsets.ISO_8859_1));
        }
        for (Place place : places(story)) {
            Story.Turn turn = story.turns().get(place.turn);
            if (!(turn instanceof Story.Turn.Captured captured)) {
                continue;
            }
            int length = turn.bytes().readableBytes();
            int end = place.at + 1 + random.nextInt(length - place.at);
            StoryRun run = new StoryRun(maker.get(), story);
            run.tell(story.turns().subList(0, place.turn));
            run.tell(List.of(part(turn, 0, place.at)));
            run.gap(captured, end - place.at);
            run.tell(List.of(part(turn, end, length)));
            run.tell(story.turns().subList(place.turn + 1, story.turns().size()));
            run.end();
            run.complaints()
                    .forEach(
                            each ->
                                    complain(
                                            "%s, gap at %s: %s"
                                                    .formatted(story.name(), place, each)));
            for (String sent : run.requestBytes().values()) {
                boolean broken =
                        (run.leftOut() || run.hasClosedALane())
                                && requests.stream().anyMatch(each -> each.startsWith(sent));
                if (!requests.contains(sent) && !broken) {
                    complain("%s, gap at %s: a request is made up".formatted(story.name(), place));
                }
            }
        }
    }

    private void wrongBytes(Story story) {
        Random random = new Random(2);
        // With another name a value is none that anybody would know for a secret.
        Story withoutSecrets =
                new Story(
                        story.name(),
                        story.settings(),
                        List.of(),
                        story.turns(),
                        story.same(),
                        story.different());
        for (Place place : places(story)) {
            List<Story.Turn> turns = new ArrayList<>(story.turns());
            Story.Turn turn = turns.get(place.turn);
            ByteBuf wrong = turn.bytes().copy();
            wrong.setByte(place.at, random.nextInt(256));
            turns.set(place.turn, with(turn, wrong));
            run(withoutSecrets, turns, ", wrong byte at " + place);
        }
        for (int i = 0; i < 50; i++) {
            byte[] noise = new byte[random.nextInt(2_000)];
            random.nextBytes(noise);
            List<Story.Turn> turns = new ArrayList<>();
            for (Direction direction : Direction.values()) {
                turns.add(new Story.Turn.Captured(direction, Unpooled.wrappedBuffer(noise)));
            }
            run(story, turns, ", noise alone");
        }
    }

    /** A place within a turn, not its start. */
    private record Place(int turn, int at) {
        @Override
        public String toString() {
            return "byte %d of line %d".formatted(at, turn + 1);
        }
    }

    private static List<Place> places(Story story) {
        List<Place> all = new ArrayList<>();
        for (int turn = 0; turn < story.turns().size(); turn++) {
            for (int at = 1; at < story.turns().get(turn).bytes().readableBytes(); at++) {
                all.add(new Place(turn, at));
            }
        }
        int step = all.size() / MAX_RUNS + 1;
        List<Place> some = new ArrayList<>();
        for (int i = 0; i < all.size(); i += step) {
            some.add(all.get(i));
        }
        return some;
    }

    private static Story.Turn part(Story.Turn turn, int from, int to) {
        return with(turn, turn.bytes().slice(from, to - from));
    }

    private static Story.Turn with(Story.Turn turn, ByteBuf bytes) {
        return switch (turn) {
            case Story.Turn.Captured(Direction direction, ByteBuf _) ->
                    new Story.Turn.Captured(direction, bytes);
            case Story.Turn.Target(int lane, ByteBuf _) -> new Story.Turn.Target(lane, bytes);
        };
    }
}
