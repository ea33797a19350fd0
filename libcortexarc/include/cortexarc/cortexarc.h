/* cortexarc.h - all of libcortexarc */
#ifndef CORTEXARC_CORTEXARC_H
#define CORTEXARC_CORTEXARC_H

#include <cortexarc/check.h>
#include <cortexarc/context.h>
#include <cortexarc/diff.h>
#include <cortexarc/restore.h>
#include <cortexarc/error.h>
#include <cortexarc/limits.h>
#include <cortexarc/migrate.h>
#include <cortexarc/record.h>
#include <cortexarc/repair.h>
#include <cortexarc/salvage.h>
#include <cortexarc/sink.h>
#include <cortexarc/source.h>
#include <cortexarc/verify.h>

#ifdef __cplusplus
extern "C" {
#endif

/** cxa_version() - of the library that is linked, as "0.1.0" */
const char *cxa_version(void);

#ifdef __cplusplus
}
#endif
#endif
