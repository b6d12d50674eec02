namespace HubServer.Client;

/// <summary>What a frame does to what is held of its channel for its target.</summary>
public enum FrameChange
{
    /// <summary>
    /// Its rows come after those that are held. They start where those end, unless <see cref="FrameUpdate.Sampled"/> says
    /// that some in between were left out on purpose.
    /// </summary>
    Appended,

    /// <summary>Its rows take the place of all that is held. Where there is a <see cref="FrameUpdate.Gap"/>, it lies before them.</summary>
    Replaced,

    /// <summary>
    /// Its rows come after a hole, which <see cref="FrameUpdate.Gap"/> describes. With the reason <c>Rollback</c> the rows
    /// from its <c>From</c> on have to be forgotten first; with <c>Reset</c> what is held cannot be counted on with what
    /// follows; with <c>Lapped</c> it stays.
    /// </summary>
    Gap,

    /// <summary>The channel is gone: idle past its retention, or deleted. The frame has no rows. Should it come back, it is replaced.</summary>
    Removed,
}
