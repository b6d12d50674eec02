namespace HubServer.LoadTest.Fanout;

/// <summary>How rows are published.</summary>
internal enum PublishForm
{
    /// <summary>
    /// One HTTP POST for each row, spread evenly over the tick, as many devices do it. NATS has no HTTP and gets one
    /// write for each row.
    /// </summary>
    Posts,

    /// <summary>A row at a time, spread evenly over the tick, in each system's cheapest way for one row.</summary>
    RowByRow,

    /// <summary>
    /// Each system's cheapest way for all rows of a tick at once: HubServer, SignalR and Socket.IO one call that holds
    /// them all, the bare WebSocket one message, nchan and NATS one write of all their requests. A channel is what
    /// viewers of the others subscribe to, so that they still get a message for each row; but servers bring messages that
    /// come at once into one write of the socket, which rows that come one by one do not have.
    /// </summary>
    AtOnce,
}
