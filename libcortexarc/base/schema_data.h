/* schema_data.h - the FileDescriptorSet that every archive carries */
#ifndef CXA_BASE_SCHEMA_DATA_H
#define CXA_BASE_SCHEMA_DATA_H

extern const unsigned char cxa_schema_data[];
extern const unsigned long cxa_schema_size; /* bytes */

#endif
