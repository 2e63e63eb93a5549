/*
 * to_text - a policy as Cedar text, with no more parentheses than needed; parsed again it is the
 * same tree. Comments and the layout of the source are not kept.
 */
#ifndef SR_POLICY_TO_TEXT_H
#define SR_POLICY_TO_TEXT_H

#include "policy/ast.h"

void sr_cedar_put_text(struct sr_buf *out, const struct sr_cedar_rule *rule);
/* One expression of it. */
void sr_cedar_put_expr(struct sr_buf *out, const struct sr_cedar_node *n);

#endif
