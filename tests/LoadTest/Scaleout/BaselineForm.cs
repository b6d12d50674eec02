namespace HubServer.LoadTest.Scaleout;

/// <summary>How the baseline sends the rows of a block.</summary>
internal enum BaselineForm
{
    /// <summary>One message whose columns are bytes, as HubServer has them: nothing is cheaper to read and write.</summary>
    Columns,

    /// <summary>One message with an object for each row.</summary>
    Objects,

    /// <summary>A message for each row, an object.</summary>
    Messages,
}
