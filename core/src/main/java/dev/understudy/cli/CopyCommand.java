package dev.understudy.cli;

import dev.understudy.delivery.AddressRange;
import dev.understudy.session.Pacing;
import dev.understudy.wire.Overlay;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code understudy copy}. */
@Command(
        name = "copy",
        sortOptions = false,
        description =
                "Copies live sessions from an interface or from taps onto the target, and compares answers.")
final class CopyCommand implements Callable<Integer> {
    /** 24 bits. */
    private static final int MAX_NETWORK = 0xff_ffff;

    private final Copying copying;

    @ArgGroup(multiplicity = "1")
    private Where where;

    @Mixin private RingOption ring;
    @Mixin private CopyingOptions options;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            description = "ends the capture after this time, as 30s or 2m; default: when stopped")
    private Duration duration;

    @Option(
            names = "--mirror-source",
            paramLabel = "CIDR",
            description =
                    "for --from vxlan and geneve: takes datagrams of these addresses only, as"
                            + " 192.0.2.5/32; named more than once: of each")
    private List<AddressRange> senders = new ArrayList<>();

    @Option(
            names = "--vni",
            paramLabel = "N",
            description =
                    "for --from vxlan and geneve: takes packets of this network only; named more than"
                            + " once: of each; default: of all")
    private List<Integer> networks = new ArrayList<>();

    /** Where packets come from: one of the two. */
    private static final class Where {
        @Option(
                names = {"-i", "--interface"},
                required = true,
                paramLabel = "IFACE",
                description = "where the online server's packets pass; 'any' for all interfaces")
        private String interfaceName;

        @Option(
                names = "--from",
                required = true,
                paramLabel = "KIND://[ADDR]:PORT",
                description =
                        "listens here: tap:// for 'understudy tap' on other hosts, with --secret-file;"
                                + " vxlan:// or geneve:// for a packet mirror, with --mirror-source")
        private From from;
    }

    CopyCommand(Copying copying) {
        this.copying = copying;
    }

    @Override
    public Integer call() throws RefusedException {
        RunPlan.Source source = source();
        CopyRequest request = options.toRequest(source instanceof RunPlan.Source.Taps);
        String place = where.from == null ? where.interfaceName : where.from.toString();
        return copying.run(
                request,
                source,
                new RunPlan.Tempo(new Pacing.Live(), Optional.empty(), 1),
                Optional.ofNullable(duration),
                ring.mib(),
                "capturing on " + place);
    }

    private RunPlan.Source source() throws RefusedException {
        if (where.from == null) {
            requireNoMirror();
            Interfaces.require(where.interfaceName);
            return new RunPlan.Source.Interface(where.interfaceName);
        }
        return switch (where.from.kind()) {
            case TAP -> {
                requireNoMirror();
                yield taps();
            }
            case VXLAN -> mirror(Overlay.VXLAN);
            case GENEVE -> mirror(Overlay.GENEVE);
        };
    }

    private void requireNoMirror() throws RefusedException {
        if (!senders.isEmpty() || !networks.isEmpty()) {
            throw new RefusedException(
                    "--mirror-source and --vni are for --from vxlan:// and geneve://: leave them out");
        }
    }

    private RunPlan.Source mirror(Overlay overlay) throws RefusedException {
        if (senders.isEmpty()) {
            throw new RefusedException(
                    "--from %s takes what anybody sends: name the mirror's addresses by --mirror-source, as 192.0.2.5/32"
                            .formatted(where.from));
        }
        for (int network : networks) {
            if (network < 0 || network > MAX_NETWORK) {
                throw new RefusedException(
                        "--vni %d: a network's number is from 0 to %d"
                                .formatted(network, MAX_NETWORK));
            }
        }
        return new RunPlan.Source.Mirror(where.from, overlay, senders, networks);
    }

    private RunPlan.Source taps() throws RefusedException {
        Path secretFile =
                options.secretFile()
                        .orElseThrow(
                                () ->
                                        new RefusedException(
                                                "--from %s needs --secret-file: make one by 'openssl rand -base64 32', the same at both ends"
                                                        .formatted(where.from)));
        return new RunPlan.Source.Taps(where.from, secretFile);
    }
}
