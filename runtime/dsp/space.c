#include "dsp/space.h"

#include "dsp/math.h"

static inline double dot(peri__vector a, peri__vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

static inline double magnitude(peri__vector v) { return sqrt(dot(v, v)); }

static inline peri__vector difference(peri__vector a, peri__vector b) {
  return (peri__vector){a.x - b.x, a.y - b.y, a.z - b.z};
}

static peri__vector cross(peri__vector a, peri__vector b) {
  return (peri__vector){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

static peri__vector normalize(peri__vector v) {
  double length = magnitude(v);
  return length > 0.0 ? (peri__vector){v.x / length, v.y / length, v.z / length} : (peri__vector){0.0, 0.0, 0.0};
}

peri__axes peri__axes_of(peri__vector forward, peri__vector up) {
  peri__vector right = normalize(cross(forward, up)), ahead = normalize(forward);
  if (dot(right, right) == 0.0) return (peri__axes){{0.0, 0.0, 0.0}, {0.0, 0.0, 0.0}, {0.0, 0.0, 0.0}};
  return (peri__axes){right, cross(right, ahead), ahead};
}

/* The axes are orthonormal, so that these are what projecting the source onto the listener's plane leads to. */
peri__direction peri__direction_of(const peri__axes *axes, peri__vector to) {
  peri__vector towards = normalize(to);
  return (peri__direction){dot(towards, axes->right), dot(towards, axes->up), dot(towards, axes->forward)};
}

double peri__azimuth(const peri__direction *d) { return 90.0 * peri__quarter_turns(d->right, d->forward); }

double peri__elevation(const peri__direction *d) {
  double level = sqrt(d->right * d->right + d->forward * d->forward);
  return 90.0 * peri__quarter_turns(d->up, level);
}

/* ---- Loudness --------------------------------------------------------------------------------------------------- */

static inline double larger(double a, double b) { return a > b ? a : b; }
static inline double smaller(double a, double b) { return a < b ? a : b; }

static double linear(const peri__range *range, double distance) {
  double ref = smaller(range->ref, range->max), max = larger(range->ref, range->max);
  double rolloff = smaller(range->rolloff, 1.0);
  if (ref == max) return 1.0 - rolloff;
  return 1.0 - rolloff * ((larger(smaller(distance, max), ref) - ref) / (max - ref));
}

/* "Distance Effects", DistanceModelType. */
static inline double distance_gain(const peri__range *range, double distance) {
  double gain, far = larger(distance, range->ref);
  if (range->model == PERI_DISTANCE_LINEAR)
    gain = linear(range, distance);
  else if (range->ref == 0.0)
    gain = 0.0;
  else if (range->model == PERI_DISTANCE_INVERSE)
    gain = range->ref / (range->ref + range->rolloff * (far - range->ref));
  else
    gain = far > range->ref ? peri__exp2(-range->rolloff * peri__log2(far / range->ref)) : 1.0;
  return larger(0.0, smaller(gain, 1.0));
}

/* "Sound Cones". The angle between where the source points and where the listener is: the text says that a source which
 * points at the listener is the loudest, though its listing has the vector the other way round. */
static double cone_gain(const peri__range *range, peri__vector to, peri__vector orientation) {
  if (range->inner == 360.0 && range->outer == 360.0) return 1.0;
  double length = magnitude(orientation);
  if (length == 0.0) return 1.0;
  double cosine = -dot(normalize(to), orientation) / length;
  cosine = larger(-1.0, smaller(cosine, 1.0));
  double angle = 90.0 * peri__quarter_turns(sqrt(1.0 - cosine * cosine), cosine);
  double inner = (range->inner < 0.0 ? -range->inner : range->inner) / 2.0;
  double outer = (range->outer < 0.0 ? -range->outer : range->outer) / 2.0;
  if (angle <= inner) return 1.0;
  if (angle >= outer) return range->outer_gain;
  double x = (angle - inner) / (outer - inner);
  return (1.0 - x) + range->outer_gain * x;
}

double peri__loudness(const peri__range *range, peri__vector to, peri__vector orientation) {
  return distance_gain(range, magnitude(to)) * cone_gain(range, to, orientation);
}

/* ---- Equal power ------------------------------------------------------------------------------------------------ */

/* Sine and cosine of the azimuth, mirrored to the front half: there and back are one. */
typedef struct side {
  double sine, cosine;
} side;

/* Straight above or below, or nowhere, it is in the middle: what is left there is rounding. */
static inline side side_of(double right, double forward, double distance) {
  double level = sqrt(right * right + forward * forward);
  if (level <= distance * 1e-12) return (side){0.0, 1.0};
  double scale = 1.0 / level;
  return (side){right * scale, (forward < 0.0 ? -forward : forward) * scale};
}

/* With azimuth a, x × π/2 is a/2 + π/4. The smaller gain of the two is had from the larger one: 1 − sine would have
 * lost its digits. */
static inline peri__pan pan_mono(side s, double loudness) {
  double sine = s.sine < 0.0 ? -s.sine : s.sine, near = sqrt((1.0 + sine) * 0.5);
  float high = (float)(near * loudness), low = (float)(s.cosine * 0.5 / near * loudness);
  return s.sine <= 0.0 ? (peri__pan){high, 0.0f, low, 0.0f} : (peri__pan){low, 0.0f, high, 0.0f};
}

/* x × π/2 is a + π/2 to the left, a to the right. */
static inline peri__pan pan_stereo(side s, double loudness) {
  float sine = (float)(s.sine * loudness), cosine = (float)(s.cosine * loudness), whole = (float)loudness;
  return s.sine <= 0.0 ? (peri__pan){whole, -sine, 0.0f, cosine} : (peri__pan){cosine, 0.0f, sine, whole};
}

peri__pan peri__pan_of(const peri__direction *direction, double loudness, bool mono) {
  side s = side_of(direction->right, direction->forward, 1.0);
  return mono ? pan_mono(s, loudness) : pan_stereo(s, loudness);
}

static inline peri__vector vector_at(const peri__track track[3], uint32_t i) {
  return (peri__vector){track[0].values[i * track[0].step], track[1].values[i * track[1].step],
                        track[2].values[i * track[2].step]};
}

static bool moves(const peri__track track[3]) { return track[0].step || track[1].step || track[2].step; }

void peri__pan_course(const peri__range *range, const peri__course *course, const peri__panning *panning) {
  bool turns = moves(course->forward) || moves(course->up), mono = panning->left == panning->right;
  bool has_cone = range->inner != 360.0 || range->outer != 360.0;
  peri__axes axes = peri__axes_of(vector_at(course->forward, 0), vector_at(course->up, 0));
  for (uint32_t i = 0; i < panning->frames; i++) {
    if (turns) axes = peri__axes_of(vector_at(course->forward, i), vector_at(course->up, i));
    peri__vector to = difference(vector_at(course->position, i), vector_at(course->ear, i));
    double distance = magnitude(to), loudness = distance_gain(range, distance);
    if (has_cone) loudness *= cone_gain(range, to, vector_at(course->orientation, i));
    side s = side_of(dot(to, axes.right), dot(to, axes.forward), distance);
    peri__pan pan = mono ? pan_mono(s, loudness) : pan_stereo(s, loudness);
    float left = panning->left[i], right = panning->right[i];
    panning->to_left[i] = left * pan.left_left + right * pan.right_left;
    panning->to_right[i] = left * pan.left_right + right * pan.right_right;
  }
}
