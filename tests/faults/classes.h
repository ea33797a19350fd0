/* classes.h - the calls that are made to fail, by what they do */
#ifndef CXA_TESTS_FAULTS_CLASSES_H
#define CXA_TESTS_FAULTS_CLASSES_H

enum fault_class {
	CLASS_OPEN,
	CLASS_READ,
	CLASS_WRITE,
	CLASS_SYNC,
	CLASS_CLOSE,
	CLASS_RENAME,
	CLASS_LINK,
	CLASS_UNLINK,
	CLASS_TRUNCATE,
	CLASS_STAT,
	CLASS_MAP,
	CLASS_FOLDER,
	CLASS_LOCK,
	CLASS_CONFINE, /* what the sandbox is made of */
	CLASS_MEMORY,
	CLASSES
};

#endif
