/* commands: one function for each thing that fixwarden does. main and cli choose; a command does it and returns the
 * exit status of design (0, or an error_code). Arguments: argv[0] is the command's own name. Results go to stdout, the
 * rest to stderr. */
#ifndef FIXWARDEN_CONSUMER_COMMANDS_H
#define FIXWARDEN_CONSUMER_COMMANDS_H

int command_run(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_check(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_index(int argc, char **argv);
int command_index_verify(int argc, char **argv); /* `index verify` and so on, called by command_index */
int command_index_diff(int argc, char **argv);
int command_index_versions(int argc, char **argv);
int command_index_adopt(int argc, char **argv);
int command_tail(int argc, char **argv);
int command_config(int argc, char **argv);
int command_demo(int argc, char **argv);
int command_version(int argc, char **argv);

#endif
