namespace HubServer.History;

/// <summary>A run of offsets that a subscriber was told about: rows of their own offsets, thinned rows, or a lap.</summary>
internal readonly record struct Segment(string Epoch, long From, long End, SegmentKind Kind);
