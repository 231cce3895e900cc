/* The body of the filters of many voices, see mix_body.h: a lane of a vector is a channel of a voice. Besides its
 * names:
 *
 *   transpose(rows)  LANES vectors, in place
 *
 * A filter's next frame waits for its last one, so a vector alone would spend half of its time waiting: two vectors of
 * lanes take turns. Where lanes are left over, silent ones fill the vector.
 *
 * Products are rounded before they are added, where fused ones could be had too: a filter of 20 Hz multiplies that
 * difference by ten thousands, and at a price of some 5% a lane has the same bits in every table. */

#define EACH_LANE(l) _Pragma("GCC unroll 16") for (int l = 0; l < LANES; l++)

/* A vector of lanes. */
typedef struct lane_set {
  const float *in[LANES];
  float *out[LANES];
  float coefs[PERI_FILTER_COEFS][LANES] __attribute__((aligned(64)));
  float slope[PERI_FILTER_COEFS][LANES] __attribute__((aligned(64)));
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
    for (int c = 0; c < PERI_FILTER_COEFS; c++) set->coefs[c][l] = lane->coefs[c];
    set->state[0][l] = lane->state[0];
    set->state[1][l] = lane->state[1];
    ramping = ramping || lane->slope;
  }
  return ramping;
}

/* Steady lanes among ramping ones add −0, because c + (−0 × i) is c, even where c is −0. */
static void gather_slopes(lane_set *set, const peri__lane *lanes, size_t count) {
  for (size_t l = 0; l < LANES; l++) {
    const float *slope = l < count ? lanes[l].slope : NULL;
    for (int c = 0; c < PERI_FILTER_COEFS; c++) set->slope[c][l] = slope ? slope[c] : -0.0f;
  }
}

/* A block of frames, LANES of each lane, turned so that a vector holds one frame of all lanes. Between turning and
 * filtering it lies in memory: two of them are more than the registers hold. */
typedef float lane_block[LANES][LANES] __attribute__((aligned(64)));

BODY void turn_in(const lane_set *set, lane_block block, int frame) {
  VECTOR rows[LANES];
  EACH_LANE(l) rows[l] = LOAD(set->in[l] + frame);
  transpose(rows);
  EACH_LANE(i) STORE(block[i], rows[i]);
}

BODY void turn_out(const lane_set *set, lane_block block, int frame) {
  VECTOR rows[LANES];
  EACH_LANE(i) rows[i] = LOAD(block[i]);
  transpose(rows);
  EACH_LANE(l) STORE(set->out[l] + frame, rows[l]);
}

#define EACH_SET(v) _Pragma("GCC unroll 2") for (int v = 0; v < sets; v++)
#define EACH_COEF(c) _Pragma("GCC unroll 5") for (int c = 0; c < PERI_FILTER_COEFS; c++)

/* `sets` and `ramping` are constants where it is called. */
BODY void run_lanes(lane_set *set, int sets, bool ramping) {
  VECTOR coefs[2][PERI_FILTER_COEFS], s[2], w[2];
  lane_block block[2];
  EACH_SET(v) {
    EACH_COEF(c) coefs[v][c] = LOAD(set[v].coefs[c]);
    s[v] = LOAD(set[v].state[0]), w[v] = LOAD(set[v].state[1]);
  }
  for (int frame = 0; frame < PERI_QUANTUM; frame += LANES) {
    EACH_SET(v) turn_in(&set[v], block[v], frame);
    for (int i = 0; i < LANES; i++) {
      EACH_SET(v) {
        if (ramping) {
          VECTOR number = SPLAT((float)(frame + i + 1));
          EACH_COEF(c) coefs[v][c] = ADD(LOAD(set[v].coefs[c]), MUL(LOAD(set[v].slope[c]), number));
        }
        VECTOR x = LOAD(block[v][i]), y = ADD(MUL(coefs[v][0], x), s[v]);
        s[v] = ADD(ADD(w[v], MUL(coefs[v][1], x)), MUL(coefs[v][2], y));
        w[v] = ADD(ADD(w[v], MUL(coefs[v][3], x)), MUL(coefs[v][4], y));
        STORE(block[v][i], y);
      }
    }
    EACH_SET(v) turn_out(&set[v], block[v], frame);
  }
  EACH_SET(v) STORE(set[v].state[0], s[v]), STORE(set[v].state[1], w[v]);
}

PERI_TARGET static void run_steady(lane_set *set) { run_lanes(set, 1, false); }
PERI_TARGET static void run_ramping(lane_set *set) { run_lanes(set, 1, true); }
PERI_TARGET static void run_two_steady(lane_set *set) { run_lanes(set, 2, false); }
PERI_TARGET static void run_two_ramping(lane_set *set) { run_lanes(set, 2, true); }

static void biquad(const peri__lane *lanes, size_t count) {
  float unheard[PERI_QUANTUM];
  lane_set set[2];
  while (count) {
    size_t most = count < 2 * LANES ? count : 2 * LANES, first = most < LANES ? most : LANES;
    bool two = most > LANES, ramping = gather_lanes(&set[0], lanes, first, unheard);
    if (two) ramping = gather_lanes(&set[1], lanes + LANES, most - LANES, unheard) || ramping;
    if (ramping) gather_slopes(&set[0], lanes, first);
    if (ramping && two) gather_slopes(&set[1], lanes + LANES, most - LANES);
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
