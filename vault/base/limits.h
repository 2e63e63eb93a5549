/*
 * limits - every cap of the program, each with its reason.
 */
#ifndef SR_BASE_LIMITS_H
#define SR_BASE_LIMITS_H

enum {
	/* bytes of one statement: an entry must fit 65,535 with three padded compartments (DESIGN
	 * 6) */
	SR_TEXT_MAX = 32 << 10,
	/* lines of one statement: 32 KiB at the shortest useful line of 16 bytes */
	SR_TEXT_LINES = 2048,
	/* padded structural compartment: 32 KiB of text, signatures and service remarks */
	SR_STRUCTURAL_MAX = 34816,
	/* padded descriptive and personal compartment; more goes to an object */
	SR_COMPARTMENT_MAX = 8192,
	SR_ENTRY_MAX = 65535, /* tlog-tiles: u16 length of an entry */
	/* Bytes of a signed note: 32 KiB of text and 100 post-quantum lines of 5 kB, twice. */
	SR_NOTE_MAX = 1 << 20,
	/* Signature lines of a note: C2SP asks for 16, the Go implementation stops at 100. */
	SR_NOTE_LINES = 100,
	/* Bytes of a key name or origin: one length byte in C2SP's ML-DSA cosignatures. */
	SR_NAME_MAX = 255,
	/* Bytes of a .tlog-proof: a note, 64 hashes and an entry in base64, rounded up. */
	SR_PROOF_FILE_MAX = 2 << 20,
	/* Bytes of a witness policy: 192 lines of 4 kB (ML-DSA keys), rounded up. */
	SR_POLICY_MAX = 1 << 20,
	SR_POLICY_LOGS = 64, /* logs in a witness policy; C2SP asks for 32 of each kind */
	SR_POLICY_WITNESSES = 64,
	SR_POLICY_GROUPS = 64,
	/* n: a board that meets; bounds a ceremony to 32 x 32 shares */
	SR_BOARD_MEMBERS_MAX = 32,
	SR_BOARD_LEVELS_MAX = 4, /* quorum levels of a board (DESIGN 5) */
	/* runs of one key generation: whoever voids more has to be left out of another founding */
	SR_BOARD_RUNS_MAX = 64,
	SR_REQUEST_ITEMS_MAX = 10000, /* items in one request: 3 s of proofs on one core */
	/* researchers named in one request: each record of a vote is sealed to each */
	SR_REQUEST_PEOPLE_MAX = 16,
	/* trainings that one vote demands: those of 32 members still fit the grant's statement */
	SR_VOTE_TRAININGS_MAX = 6,
	/* plaintext bytes of a block: index of 40 bytes per MiB, worker memory of a few MiB */
	SR_BLOCK = 1 << 20,
	/* bytes of one read of an export: each asks the catalogue whose checkout it is and whether
	 * it is live, which took a read of 1 MiB a fifth of its time */
	SR_EXPORT_READ = 4 << 20,
	SR_PACK_TARGET = 32 << 20, /* bytes; bounds a writer's memory and a reader's seek */
	SR_PACK_MAX = 128 << 20,   /* bytes a reader accepts */
	SR_SEGMENT = 1 << 20,      /* a bad sector names one of these */
	SR_PATH_MAX = 4096,        /* bytes of a path inside an item: Linux PATH_MAX */
	/* one record of an object file: a bundle of 10,000 items to 16 researchers is 20 MiB */
	SR_OBJECT_MAX = 64 << 20,
	/* and as it lies there: padded by at most an eighth (store/padme.h), with its seal, and
	 * what the padding of the smallest takes */
	SR_OBJECT_SEALED_MAX = SR_OBJECT_MAX + SR_OBJECT_MAX / 8 + (8 << 10),
	/* locked bytes: 32,768 cells of 32; an 8 MiB memlock limit holds it eight times */
	SR_SECRET_ARENA = 1 << 20,
	SR_PASSPHRASE_MAX = 1024, /* bytes; longer is a mistake (a file of another kind) */
	/* bytes of a new one that somebody types: who takes the file tries them all at leisure, and
	 * each byte less is a hundred times sooner */
	SR_PASSPHRASE_TYPED_MIN = 12,
	SR_ARGON_OPS_MAX = 10, /* passes a sealed file may ask for: about 10 s with the cap below */
	SR_ARGON_MEM_MAX = 1 << 30, /* bytes it may ask for: a hostile file must not exhaust us */
	SR_AGE_HEADER_MAX = 128 << 10, /* bytes of an age header: 64 post-quantum recipients */
	/* log2 of the scrypt cost that an age file may ask for: 1 GiB, as for Argon2id; age writes
	 * 18
	 */
	SR_AGE_SCRYPT_LOG_MAX = 20,
	SR_AGE_RECIPIENTS_MAX = 64, /* recipients of an export: a request's 16, and the house */
	SR_CHECKOUT_HOURS = 8,      /* a working day (DESIGN 6a) */
	SR_CHECKOUT_OPEN_MIN = 10,  /* minutes within which a begun checkout must be opened */
	/* seconds a clock may step back before writes stop (DESIGN 6) */
	SR_CLOCK_BACK_S = 10
};

#endif
