package dev.understudy.sys;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a host's packet filter may drop, as its own tools list it (nft(8), iptables-save(8)).
 * Whether a rule fits a packet is not worked out: that is for whoever reads them.
 */
public final class Firewall {
    /** Rules that are told; a host of containers has hundreds. */
    static final int MAX_TOLD = 20;

    private static final List<List<String>> LISTS =
            List.of(
                    List.of("nft", "list", "ruleset"),
                    List.of("iptables-save"),
                    List.of("ip6tables-save"));

    private static final Pattern NFT_TABLE = Pattern.compile("table (\\S+ \\S+) \\{");
    private static final Pattern NFT_CHAIN = Pattern.compile("chain (\\S+) \\{");
    private static final Pattern NFT_DROP =
            Pattern.compile("(?:.*\\s)?(?:drop|reject)(?:\\s.*|;.*)?|.*policy drop;.*");
    private static final Pattern IPTABLES_DROP =
            Pattern.compile("-A .*-j (?:DROP|REJECT)\\b.*|:\\S+ DROP\\b.*");

    private Firewall() {}

    /**
     * Rules and policies that drop or refuse; empty where there are none, or no tool to list them.
     */
    public static List<String> dropping() {
        List<String> found = new ArrayList<>();
        for (List<String> list : LISTS) {
            try {
                Command said = Command.run(list);
                if (said.status() == 0) {
                    dropping(list.getFirst(), said.lines()).stream()
                            .filter(rule -> found.size() < MAX_TOLD)
                            .forEach(found::add);
                }
            } catch (IOException _) {
                // It is not there: the others are asked.
            }
        }
        return found;
    }

    /** The same, in what one tool has listed. */
    static List<String> dropping(String tool, List<String> lines) {
        return tool.equals("nft") ? ofNft(lines) : ofIptables(tool, lines);
    }

    private static List<String> ofNft(List<String> lines) {
        List<String> found = new ArrayList<>();
        String table = "";
        String chain = "";
        for (String line : lines) {
            String rule = line.strip();
            Matcher begins = NFT_TABLE.matcher(rule);
            if (begins.matches()) {
                table = begins.group(1);
                continue;
            }
            begins = NFT_CHAIN.matcher(rule);
            if (begins.matches()) {
                chain = begins.group(1);
            } else if (NFT_DROP.matcher(rule).matches()) {
                found.add("nft %s %s: %s".formatted(table, chain, rule));
            }
        }
        return found;
    }

    private static List<String> ofIptables(String tool, List<String> lines) {
        List<String> found = new ArrayList<>();
        String table = "";
        String name = tool.replace("-save", "");
        for (String line : lines) {
            if (line.startsWith("*")) {
                table = line.substring(1).strip();
            } else if (IPTABLES_DROP.matcher(line).matches()) {
                found.add(
                        "%s -t %s: %s"
                                .formatted(name, table, line.replaceAll(" \\[\\d+:\\d+]$", "")));
            }
        }
        return found;
    }
}
