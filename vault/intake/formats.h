/*
 * formats - what a media type means to an archive: its PRONOM id where the type (with libmagic's
 * sentence) names one format and no other, and whether it fits the end of a file's name.
 *
 * The PRONOM ids are those of the registry of The National Archives
 * (nationalarchives.gov.uk/PRONOM).
 */
#ifndef SR_INTAKE_FORMATS_H
#define SR_INTAKE_FORMATS_H

#include "base/bytes.h"

/* "fmt/18", or NULL: not one format, or none that is known here. */
const char *sr_format_puid(struct sr_bytes media_type, struct sr_bytes description);
/* Does the end of ${path} promise something else than ${media_type}? false when either says
 * nothing.
 */
bool sr_format_mismatch(struct sr_bytes path, struct sr_bytes media_type);

#endif
