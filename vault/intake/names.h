/*
 * names - when two file names are the same to one system and different to another.
 *
 * A name is bytes. Systems that compose or decompose accents, or that do not tell "a" from "A",
 * keep one file where others keep two. The key of a name is its canonical decomposition (NFD, UAX
 * 15), with full case folding before and after if ${fold}: names with one key are the same there.
 * Bytes that are no UTF-8 stay themselves. Tables: names_table.inc, by scripts/names-table.py.
 */
#ifndef SR_INTAKE_NAMES_H
#define SR_INTAKE_NAMES_H

#include "base/bytes.h"

/* Do both look the same? Canonically equivalent: they differ at most in how accents are spelled. */
bool sr_name_alike(struct sr_bytes a, struct sr_bytes b);

/* Append the key of ${name} to ${out}. */
void sr_name_key(struct sr_buf *out, struct sr_bytes name, bool fold);

#endif
