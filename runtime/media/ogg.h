/* Ogg pages (RFC 3533): packets out of a file, checked, and packets into a new stream in memory. */
#ifndef PERI_OGG_H
#define PERI_OGG_H

#include "media/decoders.h"

typedef struct peri__packet {
  unsigned char *bytes; /* valid until the next one */
  size_t size;
  int64_t granule; /* of the page, if this is the last packet that ends on it; else −1 */
  bool last;       /* the stream ends with it */
} peri__packet;

/* Reads the packets of the file's first Vorbis stream. Every page is checked: its checksum, its number, and that
 * packets go on where they should. Streams beside it are passed over. */
typedef struct peri__ogg_reader {
  const peri__sound_file *file;
  uint32_t crc[8][256];                                /* of a byte that 0 to 7 bytes of zeros follow */
  size_t next;                                         /* where the next page begins */
  size_t body, body_end;                               /* of the page in use */
  const unsigned char *lacing, *lacing_end, *last_end; /* its segments left; the one that ends its last whole packet */
  int64_t granule;
  uint32_t serial, sequence;
  bool begun, ended, failed;
  unsigned char *packet; /* file->size bytes */
  size_t filled;
  bool open; /* a packet goes on on the next page */
} peri__ogg_reader;

bool peri__ogg_open(peri__ogg_reader *reader, const peri__sound_file *file);
void peri__ogg_close(peri__ogg_reader *reader);
/* The next packet; false at the end, or with `failed` and peri_error() set. */
bool peri__ogg_next(peri__ogg_reader *reader, peri__packet *packet);

/* Writes packets to pages in memory, without times or checksums, which stb_vorbis does not look at. */
typedef struct peri__ogg_writer {
  unsigned char *bytes;
  size_t size, capacity;
  unsigned char lacing[255];
  uint32_t segments;
  size_t body_bytes; /* of the page under way; its body stands at size + 27 + 255 meanwhile */
  bool continued, begun;
} peri__ogg_writer;

/* Room for a stream of about `size` bytes; more is made as it is needed. */
bool peri__ogg_begin(peri__ogg_writer *writer, size_t size);
bool peri__ogg_write(peri__ogg_writer *writer, const unsigned char *bytes, size_t size); /* false: no memory */
void peri__ogg_end_page(peri__ogg_writer *writer);
void peri__ogg_release(peri__ogg_writer *writer);

#endif
