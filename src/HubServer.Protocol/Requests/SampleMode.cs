namespace HubServer.Protocol;

/// <summary>How the rows of one tick are thinned before they are sent.</summary>
public enum SampleMode
{
    /// <summary>Not at all.</summary>
    All,

    /// <summary>Only the newest row.</summary>
    Last,

    /// <summary>The rows that hold each number field's minimum and maximum.</summary>
    MinMax,
}
