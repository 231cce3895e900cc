/* Kinds of nodes that tests add to the engine: kinds.c registers them when the program or module that has it is loaded.
 * Public header alone, so that it stands for a host.
 *
 * TestTone      starts and stops: a frame's age since the exact start / 1024 × level, also where it must not sound
 * TestTable     multiplies its input by the factor of its part; none: silence. The option `size` makes parts
 * TestEcho      delays by whole quanta, the option `quanta`; breaks cycles; its part grows with the channels
 * TestMerger    2 to 32 inputs, 3 by default: input i is channel i of the output, times i + 1
 * TestSplitter  1 to 32 outputs, 2 by default: output i is channel i of the input, times i + 1 */
#ifndef PERI_TEST_KINDS_H
#define PERI_TEST_KINDS_H

#include <stdatomic.h>

#include "perilune/perilune.h"

enum { TONE_LEVEL, TONE_FREQUENCY }; /* parameters; nothing follows from the second but its range */
enum { TABLE_SIZE };                 /* an option: 1, or even to 8; there are no parts of 8 */
enum { ECHO_QUANTA };                /* an option: 1 to 4 */

typedef struct table_part {
  float factor;
} table_part;

/* A part of the test's own, counted as alive; freed by the engine, or by who gave it and was refused. */
table_part *kinds_table(float factor);
void kinds_free_table(void *part, void *user);
extern atomic_int kinds_tables; /* alive */
extern atomic_int kinds_echoes; /* states and lines of TestEcho alive */

#endif
