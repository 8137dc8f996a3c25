package dev.understudy.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of TCP, one by one, in the words of {@link Story#tell}. */
class FlowTableTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
    # case                       | packets                               | told                                  | fates
    both directions              | H >0:ask <0:yes/3 >3:bye/3            | open >'ask' <'yes' >'bye'             | WWWUUU
    begins with the SYN+ACK      | SA >0:ask <0:yes/3                    | open >'ask' <'yes'                    | WUU
    ACK lost, server is first    | S SA <0:hello >0:ask/5                | open <'hello' >'ask'                  | WWUU
    SYN+ACK lost                 | S >0 <0:hello                         | open <'hello'                         | WWU
    SYN+ACK after the data       | S <0:hello SA >0:ask                  | open <'hello' >'ask'                  | WUWU
    SYN repeated                 | S S SA SA >0 >0:a S >1:b              | open >'ab'                            | WWWWWUWU
    SYN+ACK of a SYN cookie      | S SA <99!S >0/100 <100:xyz >0:a       | open <'xyz' >'a'                      | WWWWUU
    data in the SYN              | >-1:ab!S <-1/2!S >2:cd                | open >'abcd'                          | UWU
    SYN data sent again          | >-1:ab!S <-1/0!S >0:abcd              | open >'abcd'                          | UWU
    swapped                      | H >3:def >0:abc                       | open >'abcdef'                        | WWWUU
    last first                   | H >6:g >4:ef >2:cd >0:ab              | open >'abcdefg'                       | WWWUUUU
    repeated in order            | H >0:abc >0:abc                       | open >'abc'                           | WWWUR
    repeated behind a hole       | H >3:def >3:def >4:e >0:abc           | open >'abcdef'                        | WWWURRU
    longer when repeated         | H >0:abc >0:abcdef                    | open >'abcdef'                        | WWWUU
    overlap keeps the first      | H >2:cdef >0:ABCDEF                   | open >'ABcdef'                        | WWWUU
    overlap around a chunk       | H >2:cd >1:BCDE >0:a                  | open >'aBcdE'                         | WWWUUU
    overlap over two chunks      | H >2:c >5:f >1:BCDEFG >0:ABCDEFGH     | open >'ABcDEfGH'                      | WWWUUUU
    overlap joins chunks         | H >2:cd >5:fg >3:DEF >0:ab            | open >'abcdEfg'                       | WWWUUUU
    keep-alive of no byte        | H >0:abc <0/3 >2 <0/3 >3:d            | open >'abcd'                          | WWWUWWWU
    keep-alive of one byte       | H >0:abc <0/3 >2:x >3:d               | open >'abcd'                          | WWWUWRU
    keep-alive before all bytes  | H >-1:x >0:abc                        | open >'abc'                           | WWWRU
    window probe                 | H >0:abc <0/3 >3:d <0/3 >3:def        | open >'abcdef'                        | WWWUWUWU
    half close                   | H >0:a!F <0/2 <0:b >2/1 <1:c!F >2/3   | open >'a' >FIN <'bc' <FIN             | WWWUWUWUW
    FIN repeated                 | H >0:a!F >1!F >0:a!F <0/2             | open >'a' >FIN                        | WWWUWRW
    FIN before data              | H >3!F >0:abc                         | open >'abc' >FIN                      | WWWWU
    FIN with data before data    | H >3:def!F >0:abc                     | open >'abcdef' >FIN                   | WWWUU
    data behind a FIN            | H >0:a!F >1:bcd <0:x                  | open >'a' >FIN <'x'                   | WWWUFU
    data around a FIN            | H >2!F >0:abcd                        | open >'ab' >FIN                       | WWWWU
    data behind a FIN to come    | H >2!F >2:cd >0:ab                    | open >'ab' >FIN                       | WWWWFU
    late after both FINs         | H >0!F <0!F >0!F <0/1 >5:x <-3:abc    | open >FIN <FIN                        | WWWWWWWFR
    RST ends both                | H >0:a <0:b/1 <1/1!R                  | open >'a' <'b' >RST <RST              | WWWUUW
    RST refuses the SYN          | S <-9001/0!R S                        | open >RST <RST                        | WWW
    RST to another SYN           | S <-9001/999999999!R SA               | open                                  | WWW
    data after RST               | H >0:a >1!R >1:bc <0:x >0:a           | open >'a' >RST <RST                   | WWWUWFFR
    RST out of window            | H >0:a >9999999!R >-99!R >1:b         | open >'ab'                            | WWWUWWU
    RST behind a hole            | H >0:a >3:d >4!R                      | open >'a' >gap:2 >'d' >RST <RST       | WWWUUW
    RST after half close         | H >0:a!F <0!R                         | open >'a' >FIN <RST                   | WWWUW
    joined by the client         | >100:ask/50 <50:yes/103 >103:b        | midway >'ask' <'yes' >'b'             | UUU
    joined by the server         | <100:yes/50 >50:ask <103:y            | midway <'yes' >'ask' <'y'             | UUU
    joined, then a hole          | >100:a/50 <53:d >101:b <50:abc        | midway >'ab' <'abcd'                  | UUUU
    before the place of joining  | >100:a/50 >90:xyz >101:b              | midway >'ab'                          | URU
    joined, then the SYN         | >0:a S >1:b                           | midway >'ab'                          | UWU
    nothing opened               | >5 <5/5 >5!F <0!F >5!R <5!R           | ""                                    | WWWWWW
    port reused, open            | H >0:a =5000 H >0:b <0:c              | open >'a' >REPLACED <REPLACED open >'b' <'c' | WWWUWWWUU
    port reused, reset           | H >0:a >1!R =5000 H >0:b              | open >'a' >RST <RST open >'b'         | WWWUWWWWU
    port reused, both FINs       | H >0!F <0!F =5000 H >0:b              | open >FIN <FIN open >'b'              | WWWWWWWWU
    port reused, half closed     | H >0!F =5000 H >0:b                   | open >FIN <REPLACED open >'b'         | WWWWWWWU
    port reused, SYN lost        | H >0:a =5000 SA >0:b                  | open >'a' >REPLACED <REPLACED open >'b' | WWWUWU
    port reused, handshake lost  | H >0:a =500000000 >0:b                | open >'a' >REPLACED <REPLACED midway >'b' | WWWUU
    closed, handshake lost       | H >0!F <0!F =500000000 >0:b           | open >FIN <FIN midway >'b'            | WWWWWU
    far ahead, same conversation | H >0:a >99999999:z end                | open >'a' >gap:99999998 >'z' >CAPTURE_ENDED <CAPTURE_ENDED | WWWUU
    hole at the port's reuse     | H >0:a >3:d =5000 S                   | open >'a' >gap:2 >'d' >REPLACED <REPLACED open | WWWUUW
    cut by the capture           | H >0:abcdef%4 >6:gh                   | open >'abcd' >gap:2 >'gh'             | WWWUU
    cut to nothing               | H >0:abcdef%0 >6:gh                   | open >gap:6 >'gh'                     | WWWUU
    cut behind a hole            | H >3:def%1 >6:g >0:abc                | open >'abcd' >gap:2 >'g'              | WWWUUU
    cut, sent again behind a hole| H >3:def%1 >3:def >0:abc              | open >'abcd' >gap:2                   | WWWURU
    end of the capture           | H >0:a >3:d end                       | open >'a' >gap:2 >'d' >CAPTURE_ENDED <CAPTURE_ENDED | WWWUU
    end, FIN behind a hole       | H >0:a >3!F end                       | open >'a' >gap:2 >FIN <CAPTURE_ENDED  | WWWUW
    end, bytes acknowledged      | H >0:a <0/4 end                       | open >'a' >gap:3 >CAPTURE_ENDED <CAPTURE_ENDED | WWWUW
    answer before its question   | H <0:yes/3 >0:ask                     | open >'ask' <'yes'                    | WWWUU
    answer in two before it      | H <0:ye/3 <2:s/3 >0:ask               | open >'ask' <'yes'                    | WWWUUU
    held answer repeated         | H <0:yes/3 <0:yes/3 <1:esX/3 >0:ask   | open >'ask' <'yesX'                   | WWWURUU
    question lost                | H <0:yes/3 +1s >3:b/3                 | open >gap:3 <'yes' >'b'               | WWWUU
    question lost, then another  | H <0:yes/3 >3:b/3 <3:c/4 +1s          | open >gap:3 <'yes' >'b' <'c'          | WWWUUU
    question lost in the middle  | H >0:as >6:wer <0:yes/9 +1s           | open >'as' >gap:4 >'wer' <'yes'       | WWWUUU
    question lost, the end       | H <0:yes/3 end                        | open >gap:3 <'yes' >CAPTURE_ENDED <CAPTURE_ENDED | WWWU
    question lost, FIN behind    | H <0:yes/3!F >3!F +1s                 | open >gap:3 >FIN <'yes' <FIN          | WWWUW
    question lost, RST behind    | H <0:yes/3 >3!R                       | open >gap:3 <'yes' >RST <RST          | WWWUW
    question cut                 | H >0:ask%1 <0:yes/3                   | open >'a' >gap:2 <'yes'               | WWWUU
    answer lost, next question   | H >0:ask >3:bye/3 <3:bye/6 +1s        | open >'ask' <gap:3 >'bye' <'bye'      | WWWUUU
    answer lost, the end         | H >0:ask >3:bye/3 end                 | open >'ask' <gap:3 >'bye' >CAPTURE_ENDED <CAPTURE_ENDED | WWWUU
    each waits for the other     | H >0:ask/3 <0:yes/3 >3:b/3            | open >'ask' <'yes' >'b'               | WWWUUU
    filled around what is held   | H <2:s/3 <0:abcd >0:ask               | open <'ab' >'ask' <'sd'               | WWWUUU
    end, a FIN acknowledged      | H >0:a <0/2 end                       | open >'a' >CAPTURE_ENDED <CAPTURE_ENDED | WWWUW
    """)
    void tellsWhatHappened(String name, String packets, String told, String fates) {
        Story story = new Story().tell(packets);
        assertEquals(told, story.told());
        assertEquals(fates, story.fateLetters());
    }

    /** When a hole is a gap: see {@link Reassembler}. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
    # case                           | packets                                         | told
    not acknowledged: waits          | H >0:a >3:d <0/1 +60s                           | open >'a'
    not acknowledged, then filled    | H >0:a >3:d <0/1 +60s >1:bc                     | open >'abcd'
    acknowledged: grace              | H >0:a >3:d <0/4 +900ms                         | open >'a'
    acknowledged: grace is over      | H >0:a >3:d <0/4 +1s                            | open >'a' >gap:2 >'d'
    told first, captured later       | H >0:a <0/3 >1:bc +2s                           | open >'abc'
    filled within the grace          | H >0:a >3:d <0/4 +900ms >1:bc +2s               | open >'abcd'
    filled after the grace           | H >0:a >3:d <0/4 +2s >1:bc >4:e                 | open >'a' >gap:2 >'de'
    acknowledged in part             | H >0:a >4:e <0/2 +2s >2:cd                      | open >'a' >gap:1 >'cde'
    no byte behind it                | H >0:a <0/4 +1s                                 | open >'a' >gap:3
    one number: perhaps a FIN        | H >0:a <0/2 +60s >2:c <0/3 +2s                  | open >'a' >gap:1 >'c'
    FIN behind it                    | H >0:a >3!F <0/4 +1s                            | open >'a' >gap:2 >FIN
    all holes known by then          | H >1:b >3:d >5:f <0/6 +1s                       | open >gap:1 >'b' >gap:1 >'d' >gap:1 >'f'
    a later hole has its own grace   | H >1:b <0/2 +900ms >3:d <0/4 +100ms             | open >gap:1 >'b'
    acknowledged later: likewise     | H >1:b >3:d <0/1 +900ms <0/4 +100ms             | open >gap:1 >'b'
    and it ends                      | H >1:b <0/2 +900ms >3:d <0/4 +100ms +1s         | open >gap:1 >'b' >gap:1 >'d'
    both directions                  | H >1:b/2 <1:y/2 +1s                             | open >gap:1 <gap:1 >'b' <'y'
    one side only: longer grace      | S >0:a >3:d +4s                                 | open >'a'
    one side only: grace is over     | S >0:a >3:d +5s                                 | open >'a' >gap:2 >'d'
    closes when both ends are told   | H >0!F <1:y!F >1/3 +1s                          | open >FIN <gap:1 <'y' <FIN
    acknowledged beyond reason       | H >0:a <0/99999999 +2s >1:b                     | open >'ab'
    idle                             | H >0:a <0/1 >3:d +7801s                         | open >'a' >gap:2 >'d' >IDLE <IDLE
    idle, then it goes on            | H >0:a <0/1 +7801s >1:b                         | open >'a' >IDLE <IDLE midway >'b'
    SYN not answered                 | S +60s                                          | open >IDLE <IDLE
    handshake not confirmed          | S SA +60s                                       | open >IDLE <IDLE
    handshake confirmed              | H +60s +60s                                     | open
    half closed and silent           | H >0!F +600s                                    | open >FIN <IDLE
    FIN lost by the capture          | H >0:a!F <0/2 >2/1 +4s                          | open >'a' >FIN
    FIN lost, and silence            | H >0:a!F <0/2 >2/1 +5s                          | open >'a' >FIN <FIN
    both FINs lost, and silence      | H >0:a <0:x/2 >2/2 +5s                          | open >'a' <'x' >FIN <FIN
    perhaps a FIN, then a byte       | H >0:a!F <0/2 >2/1 <1:bc +5s                    | open >'a' >FIN <gap:1 <'bc'
    late within the linger           | H >0!F <0!F +9s >-2:ab                          | open >FIN <FIN
    after the linger                 | H >0!F <0!F +10s >0:ab                          | open >FIN <FIN midway >'ab'
    """)
    void decidesWhenAHoleIsAGap(String name, String packets, String told) {
        assertEquals(told, new Story().tell(packets).told());
    }
}
