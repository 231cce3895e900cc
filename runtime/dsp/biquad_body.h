/* The body of the filters of many voices, see mix_body.h: a lane of a vector is a channel of a voice. Besides its
 * names:
 *
 *   transpose(rows)  LANES vectors, in place
 *
 * A filter's next frame waits for its last one, so a vector alone would spend most of its time waiting: two vectors of
 * lanes take turns. Where lanes are left over, silent ones fill the vector, so that a lane always passes through the
 * same operations. */

#define EACH_LANE(l) _Pragma("GCC unroll 16") for (int l = 0; l < LANES; l++)

/* A vector of lanes. */
typedef struct lane_set {
  const float *in[LANES];
  float *out[LANES];
  float law[PERI_FILTER_TERMS][LANES] __attribute__((aligned(64)));
  float slope[PERI_FILTER_TERMS][LANES] __attribute__((aligned(64)));
  float state[2][LANES] __attribute__((aligned(64)));
} lane_set;

/* Returns whether any of the lanes is ramping. */
static bool gather_lanes(lane_set *set, const peri__lane *lanes, size_t count, float *unheard) {
  static const float silence[PERI_QUANTUM];
  static float rest[2]; /* only read */
  static const peri__lane none = {.in = silence, .coefs = silence, .state = rest};
  bool ramping = false;
  for (size_t l = 0; l < LANES; l++) {
    const peri__lane *lane = l < count ? &lanes[l] : &none;
    set->in[l] = lane->in;
    set->out[l] = l < count ? lane->out : unheard;
    peri__filter_law law = peri__filter_law_of(lane->coefs), slope = peri__filter_slope_of(lane->slope);
    for (int c = 0; c < PERI_FILTER_TERMS; c++) set->law[c][l] = law.term[c], set->slope[c][l] = slope.term[c];
    set->state[0][l] = lane->state[0];
    set->state[1][l] = lane->state[1];
    ramping = ramping || lane->slope;
  }
  return ramping;
}

/* `vectors` and `ramping` are constants where it is called. */
BODY void run_lanes(lane_set *set, int vectors, bool ramping) {
  VECTOR law[2][PERI_FILTER_TERMS], s[2], w[2];
  for (int v = 0; v < vectors; v++) {
    for (int c = 0; c < PERI_FILTER_TERMS; c++) law[v][c] = LOAD(set[v].law[c]);
    s[v] = LOAD(set[v].state[0]), w[v] = LOAD(set[v].state[1]);
  }
  for (int block = 0; block < PERI_QUANTUM; block += LANES) {
    VECTOR rows[2][LANES];
    for (int v = 0; v < vectors; v++) {
      EACH_LANE(l) rows[v][l] = LOAD(set[v].in[l] + block);
      transpose(rows[v]);
    }
    EACH_LANE(i) {
      for (int v = 0; v < vectors; v++) {
        if (ramping) {
          VECTOR frame = SPLAT((float)(block + i + 1));
          for (int c = 0; c < PERI_FILTER_TERMS; c++)
            law[v][c] = ADD(LOAD(set[v].law[c]), MUL(LOAD(set[v].slope[c]), frame));
        }
        VECTOR x = rows[v][i], y = MULTIPLY_ADD(law[v][0], x, s[v]);
        s[v] = MULTIPLY_ADD(law[v][2], y, MULTIPLY_ADD(law[v][1], x, w[v]));
        w[v] = MULTIPLY_ADD(law[v][4], y, MULTIPLY_ADD(law[v][3], x, w[v]));
        rows[v][i] = y;
      }
    }
    for (int v = 0; v < vectors; v++) {
      transpose(rows[v]);
      EACH_LANE(l) STORE(set[v].out[l] + block, rows[v][l]);
    }
  }
  for (int v = 0; v < vectors; v++) STORE(set[v].state[0], s[v]), STORE(set[v].state[1], w[v]);
}

PERI_TARGET static void run_steady(lane_set *set) { run_lanes(set, 1, false); }
PERI_TARGET static void run_ramping(lane_set *set) { run_lanes(set, 1, true); }
PERI_TARGET static void run_two_steady(lane_set *set) { run_lanes(set, 2, false); }
PERI_TARGET static void run_two_ramping(lane_set *set) { run_lanes(set, 2, true); }

static void biquad(const peri__lane *lanes, size_t count) {
  float unheard[PERI_QUANTUM];
  lane_set set[2];
  while (count) {
    size_t most = count < 2 * LANES ? count : 2 * LANES;
    bool two = most > LANES, ramping = gather_lanes(&set[0], lanes, two ? LANES : most, unheard);
    if (two) ramping = gather_lanes(&set[1], lanes + LANES, most - LANES, unheard) || ramping;
    if (two)
      (ramping ? run_two_ramping : run_two_steady)(set);
    else
      (ramping ? run_ramping : run_steady)(set);
    for (size_t l = 0; l < most; l++) {
      lanes[l].state[0] = set[l / LANES].state[0][l % LANES];
      lanes[l].state[1] = set[l / LANES].state[1][l % LANES];
    }
    lanes += most;
    count -= most;
  }
}
