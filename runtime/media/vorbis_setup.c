/* Follows the Vorbis I specification, chapter 4.2.4, and refuses what libvorbis refuses, among it what stb_vorbis takes
 * on trust: codebooks without entries or with trees that are not full, sizes whose product overflows, classifications
 * that a codebook cannot name. Beyond that, it bounds the memory that a small file can ask for, and refuses what
 * stb_vorbis is known to decode to noise. */
#include "media/vorbis_setup.h"

#define MAX_BOOK_FLOATS (1u << 23)   /* of all codebooks; libvorbis writes some 100,000 */
#define MAX_CLASS_ENTRIES (1u << 20) /* of all residues' classifications */
#define MAX_SUBMAPS 15               /* stb_vorbis's arrays */

static const char corrupted[] = "its setup header is corrupted";
static const char too_large[] = "its setup header asks for unreasonably large tables";

typedef struct bits {
  const unsigned char *bytes;
  uint64_t at, end; /* in bits */
  bool over;        /* read past the end */
} bits;

typedef struct codebook {
  uint32_t dimensions, entries, lookup;
} codebook;

typedef struct setup {
  bits in;
  uint32_t channels, books, floors, residues, mappings;
  uint32_t book_floats, class_entries;
  codebook book[256];
  uint32_t interleaved[64]; /* of residues: where they end, if they interleave channels (type 2), else 0 */
  uint32_t wide[64];        /* of mappings: where the longest ends that interleaves more than two channels, or 0 */
} setup;

static uint32_t take(bits *in, uint32_t count) {
  if (in->end - in->at < count) in->over = true, in->at = in->end;
  if (in->over) return 0;
  const unsigned char *byte = in->bytes + (in->at >> 3);
  uint32_t start = in->at & 7;
  uint64_t value = 0;
  for (uint32_t got = 0; got < start + count; got += 8) value |= (uint64_t)*byte++ << got;
  in->at += count;
  return (uint32_t)(value >> start & (((uint64_t)1 << count) - 1));
}

static void skip(bits *in, uint64_t count) {
  if (in->end - in->at < count) in->over = true, count = in->end - in->at;
  in->at += count;
}

/* Bits that hold `value` (the specification's ilog). */
static uint32_t bits_of(uint32_t value) {
  uint32_t count = 0;
  for (; value; value >>= 1) count++;
  return count;
}

/* ---- Codebooks ------------------------------------------------------------------------------------------------ */

typedef struct code_tree {
  uint64_t filled; /* of 2^32 leaves */
  uint32_t used, longest;
} code_tree;

static void add_codes(code_tree *tree, uint32_t length, uint32_t count) {
  tree->filled += (uint64_t)count << (32 - length);
  tree->used += count;
  if (count && length > tree->longest) tree->longest = length;
}

static bool walk_ordered(bits *in, uint32_t entries, code_tree *tree) {
  uint32_t length = take(in, 5) + 1;
  for (uint32_t entry = 0; entry < entries; length++) {
    uint32_t count = take(in, bits_of(entries - entry));
    if (in->over || length >= 32 || count > entries - entry) return false;
    add_codes(tree, length, count);
    entry += count;
  }
  return true;
}

static bool walk_lengths(bits *in, uint32_t entries, code_tree *tree) {
  bool sparse = take(in, 1);
  for (uint32_t entry = 0; entry < entries; entry++) {
    if (sparse && !take(in, 1)) continue;
    uint32_t length = take(in, 5) + 1;
    if (in->over || length >= 32) return false;
    add_codes(tree, length, 1);
  }
  return !in->over;
}

/* A tree is full, or has one code of one bit. */
static bool is_sound(const code_tree *tree) {
  if (tree->used == 1) return tree->longest == 1;
  return tree->filled == (uint64_t)1 << 32;
}

/* The largest r with r^dimensions at most `entries`. */
static uint32_t lookup1_values(uint32_t entries, uint32_t dimensions) {
  for (uint32_t r = 2;; r++) {
    uint64_t power = 1;
    for (uint32_t i = 0; i < dimensions && power <= entries; i++) power *= r;
    if (power > entries) return r - 1;
    if (dimensions == 1) return entries;
  }
}

static const char *walk_book(setup *s, codebook *book) {
  bits *in = &s->in;
  if (take(in, 24) != 0x564342) return corrupted;
  book->dimensions = take(in, 16);
  book->entries = take(in, 24);
  if (in->over || book->dimensions == 0 || book->entries == 0) return corrupted;
  if (bits_of(book->dimensions) + bits_of(book->entries) > 24) return too_large;
  s->book_floats += book->dimensions * book->entries;
  if (s->book_floats > MAX_BOOK_FLOATS) return too_large;
  code_tree tree = {0};
  bool ordered = take(in, 1);
  bool whole = ordered ? walk_ordered(in, book->entries, &tree) : walk_lengths(in, book->entries, &tree);
  if (!whole || !is_sound(&tree)) return corrupted;
  book->lookup = take(in, 4);
  if (book->lookup > 2) return corrupted;
  if (book->lookup == 0) return NULL;
  skip(in, 64);
  uint32_t value_bits = take(in, 4) + 1;
  skip(in, 1);
  uint32_t values = book->entries * book->dimensions;
  if (book->lookup == 1) values = lookup1_values(book->entries, book->dimensions);
  skip(in, (uint64_t)values * value_bits);
  return NULL;
}

static const char *walk_books(setup *s) {
  s->books = take(&s->in, 8) + 1;
  for (uint32_t i = 0; i < s->books; i++) {
    const char *problem = walk_book(s, &s->book[i]);
    if (problem) return problem;
  }
  for (uint32_t times = take(&s->in, 6) + 1; times; times--)
    if (take(&s->in, 16) != 0) return corrupted;
  return NULL;
}

/* ---- Floors, residues, mappings, modes ------------------------------------------------------------------------ */

static const char *walk_floor(setup *s, uint32_t index) {
  (void)index;
  bits *in = &s->in;
  uint32_t type = take(in, 16);
  if (type == 0) return "it uses floor 0, of encoders before 2004; encode it anew";
  if (type != 1) return corrupted;
  uint32_t partitions = take(in, 5), class_of[32], sizes[16] = {0}, classes = 0;
  for (uint32_t i = 0; i < partitions; i++) {
    class_of[i] = take(in, 4);
    if (class_of[i] >= classes) classes = class_of[i] + 1;
  }
  for (uint32_t i = 0; i < classes; i++) {
    sizes[i] = take(in, 3) + 1;
    uint32_t subclass_bits = take(in, 2);
    if (subclass_bits && take(in, 8) >= s->books) return corrupted;
    for (uint32_t k = 0; k < 1u << subclass_bits; k++)
      if (take(in, 8) > s->books) return corrupted; /* 0 is none */
  }
  skip(in, 2);
  uint32_t range_bits = take(in, 4);
  for (uint32_t i = 0; i < partitions; i++) skip(in, (uint64_t)sizes[class_of[i]] * range_bits);
  return NULL;
}

/* classifications^dimensions must not pass the entries of the book that names them. */
static bool names_classes(const codebook *book, uint32_t classifications) {
  uint64_t values = 1;
  for (uint32_t i = 0; i < book->dimensions && values <= book->entries; i++) {
    values *= classifications;
    if (classifications == 1) break;
  }
  return values <= book->entries;
}

static const char *walk_residue(setup *s, uint32_t index) {
  bits *in = &s->in;
  uint32_t type = take(in, 16);
  if (type > 2) return corrupted;
  uint32_t begin = take(in, 24), end = take(in, 24);
  skip(in, 24);
  uint32_t classifications = take(in, 6) + 1, class_book = take(in, 8), cascade[64];
  if (in->over || end < begin || class_book >= s->books) return corrupted;
  s->interleaved[index] = type == 2 ? end : 0;
  if (!names_classes(&s->book[class_book], classifications)) return corrupted;
  s->class_entries += s->book[class_book].entries;
  if (s->class_entries > MAX_CLASS_ENTRIES) return too_large;
  for (uint32_t i = 0; i < classifications; i++) {
    cascade[i] = take(in, 3);
    if (take(in, 1)) cascade[i] |= take(in, 5) << 3;
  }
  for (uint32_t i = 0; i < classifications; i++) {
    for (uint32_t pass = 0; pass < 8; pass++) {
      if (!(cascade[i] >> pass & 1)) continue;
      uint32_t book = take(in, 8);
      if (book >= s->books || s->book[book].lookup == 0) return corrupted;
    }
  }
  return NULL;
}

static bool walk_coupling(setup *s) {
  bits *in = &s->in;
  uint32_t steps = take(in, 8) + 1, width = bits_of(s->channels - 1);
  if (steps > s->channels) return false;
  for (; steps; steps--) {
    uint32_t magnitude = take(in, width), angle = take(in, width);
    if (magnitude >= s->channels || angle >= s->channels || magnitude == angle) return false;
  }
  return true;
}

static const char *walk_mapping(setup *s, uint32_t index) {
  bits *in = &s->in;
  if (take(in, 16) != 0) return corrupted;
  uint32_t submaps = take(in, 1) ? take(in, 4) + 1 : 1;
  if (submaps > MAX_SUBMAPS) return "it has 16 submaps; 15 are the most that can be decoded";
  if (take(in, 1) && !walk_coupling(s)) return corrupted;
  if (take(in, 2) != 0) return corrupted;
  uint32_t channels[16] = {s->channels}; /* by submap */
  if (submaps > 1) channels[0] = 0;
  for (uint32_t c = 0; submaps > 1 && c < s->channels; c++) {
    uint32_t submap = take(in, 4);
    if (submap >= submaps) return corrupted;
    channels[submap]++;
  }
  for (uint32_t i = 0; i < submaps; i++) {
    skip(in, 8);
    uint32_t floor = take(in, 8), residue = take(in, 8);
    if (floor >= s->floors || residue >= s->residues) return corrupted;
    if (channels[i] > 2 && s->interleaved[residue] > s->wide[index]) s->wide[index] = s->interleaved[residue];
  }
  return NULL;
}

/* stb_vorbis reads two channels' worth of an interleaved residue and no more (its issues 879 and 1594), which is where
 * libvorbis puts the five wide channels of 5.1 surround. */
static const char *walk_modes(setup *s, peri__vorbis_form *form) {
  bits *in = &s->in;
  form->modes = take(in, 6) + 1;
  for (uint32_t i = 0; i < form->modes; i++) {
    form->long_block[i] = take(in, 1);
    if (take(in, 32) != 0) return corrupted;
    uint32_t mapping = take(in, 8);
    if (mapping >= s->mappings) return corrupted;
    if (s->wide[mapping] > form->block[form->long_block[i]])
      return "its surround channels are coupled, which stb_vorbis cannot decode; save it as WAV";
  }
  return take(in, 1) && !in->over ? NULL : corrupted;
}

static const char *walk_all(setup *s, uint32_t *count, const char *(*walk)(setup *s, uint32_t index)) {
  *count = take(&s->in, 6) + 1;
  for (uint32_t i = 0; i < *count; i++) {
    const char *problem = walk(s, i);
    if (problem) return problem;
    if (s->in.over) return corrupted;
  }
  return NULL;
}

const char *peri__vorbis_check_setup(const unsigned char *bytes, size_t size, peri__vorbis_form *form) {
  setup s = {.in = {.bytes = bytes, .end = (uint64_t)size * 8}, .channels = form->channels};
  const char *problem = walk_books(&s);
  if (!problem) problem = walk_all(&s, &s.floors, walk_floor);
  if (!problem) problem = walk_all(&s, &s.residues, walk_residue);
  if (!problem) problem = walk_all(&s, &s.mappings, walk_mapping);
  if (!problem) problem = walk_modes(&s, form);
  return problem;
}
