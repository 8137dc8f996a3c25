package dev.understudy.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A table that takes requests only, in the words of {@link Story#tell}. */
class RequestsOnlyTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
    # case                       | packets                               | told                                  | fates
    one direction alone          | S >0/0 >0:ask >3:more/9 >7/9!F        | open >'ask' heard >'more' >FIN <FIN   | WWUUW
    nothing read in between      | S >0/0 >0:a/0 >1:b/0                  | open >'ab'                            | WWUU
    read by an empty segment     | S >0/0 >0:a >1/5 >1:b/5               | open >'a' heard >'b'                  | WWUWU
    the server spoke first       | S >0/0 >0:a/80                        | open heard >'a'                       | WWU
    handshake's end lost         | S >0:a/0 >1:b/7                       | open >'a' heard >'b'                  | WUU
    both directions captured     | H >0:ask <0:yes/3 >3:bye/3 >6/3!F     | open >'ask' heard >'bye' >FIN <FIN    | WWWUFUW
    answers before requests      | <0:yes/3 >3:b/3                       | midway >'b'                           | FU
    swapped                      | S >0/0 >3:def/9 >0:abc/0              | open >'abc' heard >'def'              | WWUU
    hole, sent again in time     | S >0/0 >3:d/9 +4s >0:abc/0            | open >'abc' heard >'d'                | WWUU
    hole for good                | S >0/0 >3:d/9 +6s                     | open >gap:3 heard >'d'                | WWU
    hole before the end          | S >0/0 >3:d/9!F +6s                   | open >gap:3 heard >'d' >FIN <FIN      | WWU
    reset by the client          | S >0/0 >0:a >1!R                      | open >'a' >RST <RST                   | WWUW
    reset by the server          | H >0:a <0/1!R                         | open >'a' >RST <RST                   | WWWUW
    end of the capture           | S >0/0 >0:a end                       | open >'a' >CAPTURE_ENDED <CAPTURE_ENDED | WWU
    port reused                  | S >0/0 >0:a =5000 S >0/0 >0:b         | open >'a' >REPLACED <REPLACED open >'b' | WWUWWU
    late after the end           | S >0/0 >0:a!F >0:a >1!F               | open >'a' >FIN <FIN                   | WWURW
    """)
    void takesWhatClientsSay(String name, String packets, String told, String fates) {
        Story story = new Story(FlowLimits.DEFAULT, true).tell(packets);
        assertEquals(told, story.told());
        assertEquals(fates, story.fateLetters());
    }
}
