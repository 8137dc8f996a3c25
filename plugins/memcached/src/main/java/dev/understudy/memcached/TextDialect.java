package dev.understudy.memcached;

import dev.understudy.memcached.command.Answers;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.CasUse;
import dev.understudy.memcached.command.Item;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.OpenRequests;
import dev.understudy.memcached.command.Pairing;
import dev.understudy.memcached.command.Pending;
import dev.understudy.memcached.command.Shape;
import dev.understudy.memcached.text.TextAnswers;
import dev.understudy.memcached.text.TextRequests;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Classic and meta commands. */
final class TextDialect implements Dialect {
    private final TextRequests requests;
    private final TextAnswers online;
    private final TextAnswers target;

    TextDialect(OpenRequests open, MemcachedSettings settings) {
        requests = new TextRequests(settings.maxLineBytes(), settings.maxValueBytes());
        online = answers(open, Side.ONLINE, settings);
        target = answers(open, Side.TARGET, settings);
    }

    private static TextAnswers answers(OpenRequests open, Side side, MemcachedSettings settings) {
        return new TextAnswers(
                new Pairing(open, side), settings.maxValueBytes(), settings.keepBytes());
    }

    @Override
    public Decoded<Ask> ask(ByteBuf in) {
        return requests.decode(in);
    }

    @Override
    public Answers answers(Side side) {
        return side == Side.ONLINE ? online : target;
    }

    @Override
    public ByteBuf withCas(ByteBuf head, CasUse use, long cas) {
        return TextRequests.withCas(head, use, cas);
    }

    @Override
    public ByteBuf withoutCas(ByteBuf head, Ask ask, CasUse use) {
        return TextRequests.withoutCas(head, ask, use);
    }

    @Override
    public Rewritten refusedAdd(ByteBuf head, Ask ask) {
        Shape shape =
                ask.shape() instanceof Shape.Words
                        ? new Shape.Words(TextRequests.CAS_STORED)
                        : ask.shape();
        return new Rewritten(TextRequests.withCasThatNoneHas(head), ask.answeredAs(shape));
    }

    @Override
    public Optional<ByteBuf> startingAt(ByteBuf head, String digits) {
        OptionalLong initial = TextRequests.initial(head);
        return initial.isPresent() && Long.toUnsignedString(initial.getAsLong()).equals(digits)
                ? Optional.empty()
                : Optional.of(TextRequests.withInitial(head, digits));
    }

    @Override
    public Own barrier() {
        Ask ask = Ask.loud(Kind.BARRIER, "mn", List.of(), 0, new Shape.Words(Set.of("MN")));
        return new Own(
                Pending.untold(ask, SessionAction.NO_ORDINAL),
                Unpooled.copiedBuffer("mn\r\n", StandardCharsets.US_ASCII));
    }

    @Override
    public Own add(Item item, long ttlSeconds) {
        byte[] value = item.value().orElseThrow().head();
        ByteBuf bytes = Unpooled.buffer(64 + item.key().length() + value.length);
        bytes.writeCharSequence(
                "add %s %d %d %d\r\n"
                        .formatted(item.key(), item.flags().orElse(0), ttlSeconds, value.length),
                StandardCharsets.ISO_8859_1);
        bytes.writeBytes(value).writeByte('\r').writeByte('\n');
        Ask ask =
                Ask.loud(
                        Kind.ADD,
                        "add",
                        List.of(item.key()),
                        0,
                        new Shape.Words(Set.of("STORED", "NOT_STORED")));
        return new Own(Pending.untold(ask, SessionAction.NO_ORDINAL), bytes);
    }
}
