namespace HubServer.History;

/// <summary>What a publisher was told of a block.</summary>
/// <param name="At">When, in milliseconds since the run began.</param>
/// <param name="Epoch">The channel's epoch.</param>
/// <param name="Next">The offset after the block's last row.</param>
public readonly record struct Acknowledgement(double At, string Epoch, long Next);
