// shardprop import: other formats into an HDF5 data set.
// May include: base, config, data.
#ifndef SP_CLI_IMPORT_H
#define SP_CLI_IMPORT_H

/// Run the command; argv[0] is "import", argv[1] the format. Says on stderr what it does and what is wrong; --help goes
/// to stdout. Returns the exit code: 0, 1 on failure, 2 on wrong usage. SIGINT, SIGTERM and SIGHUP remove what is half
/// written, then end the process as they would have.
/// Collective: no; needs no MPI.
int sp_command_import(int argc, char **argv);

#endif
