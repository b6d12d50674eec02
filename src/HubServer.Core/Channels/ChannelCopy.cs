using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>A channel with all of its rows, copied in one go.</summary>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Lineage">The epochs that led to it.</param>
/// <param name="Oldest">The offset of the first row.</param>
/// <param name="Next">The offset after the last row.</param>
/// <param name="Schema">Its fields.</param>
/// <param name="Limits">What it keeps.</param>
/// <param name="Settings">What it has of its own.</param>
/// <param name="Columns">One column for each field.</param>
/// <param name="LastTime">The time of the newest row.</param>
/// <param name="Bytes">About what the rows take.</param>
/// <param name="Answers">What the publishers of the newest blocks were answered.</param>
public sealed record ChannelCopy(
    string Epoch,
    Lineage Lineage,
    long Oldest,
    long Next,
    Schema Schema,
    ChannelLimits Limits,
    ChannelSettings? Settings,
    Column[] Columns,
    double? LastTime,
    long Bytes,
    IReadOnlyList<PublisherAnswer> Answers);
