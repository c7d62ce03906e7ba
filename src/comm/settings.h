// What MPI is told before it starts.
#ifndef SP_COMM_SETTINGS_H
#define SP_COMM_SETTINGS_H

/// Settings under which messages go both ways at the speed of the link; those that somebody has made stay. Before MPI_Init.
void sp_comm_prefer_settings(void);

#endif
