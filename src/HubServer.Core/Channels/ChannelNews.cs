using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>How far a channel has come, from a backplane whose log keeps its rows.</summary>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Next">The offset that its next row gets.</param>
/// <param name="Schema">Its fields.</param>
/// <param name="Settings">What it has of its own; null where that is not said.</param>
/// <param name="LastTime">The time of its newest row; null where that is not said.</param>
/// <param name="Lineage">The epochs that led to this one; null where that is not said.</param>
/// <param name="IsLive">Whether rows came in just now, so that the channel is not idle.</param>
public sealed record ChannelNews(string Epoch, long Next, Schema Schema, ChannelSettings? Settings, double? LastTime, Lineage? Lineage, bool IsLive);
