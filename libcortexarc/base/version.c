/* version.c - of the library */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include <cortexarc/cortexarc.h> /* declares it */

const char *cxa_version(void)
{
	return PACKAGE_VERSION;
}
