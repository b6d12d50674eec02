using static HubServer.Core.Tests.TestBlocks;

namespace HubServer.Core.Tests.Channels;

public sealed class PublisherAnswersTests
{
    private readonly PublisherAnswers _answers = new();

    [Fact]
    public void Add_KeepsTheLastAnswerOfEachPublisher()
    {
        Add(0, "p", 1);
        Add(2, "q", 1);
        Add(4, "p", 2);
        Add(6, null, 0);

        Assert.Equal([("p", 2L, 4L), ("q", 1L, 2L)], _answers.All.OrderBy(answer => answer.Publisher).Select(answer => (answer.Publisher, answer.Sequence, answer.Offset)));
    }

    [Fact]
    public void Add_OfABlockThatWasTakenInAnEarlierEpoch_KeepsThatEpoch()
    {
        _answers.Add(new LoggedBlock(Block("a", 1, Fields, 0, "p", 1), "e2", 0) { TakenIn = "e1" });
        Assert.Equal("e1", Assert.Single(_answers.All).Epoch);
    }

    [Fact]
    public void Add_OfMorePublishersThan64_ForgetsThoseWhoseLastBlockIsTheOldest()
    {
        for (var i = 0; i < 64; i++)
            Add(i, $"p{i}", 1);
        Add(64, "p0", 2);
        Add(65, "new", 1);

        Assert.Equal(64, _answers.All.Length);
        Assert.DoesNotContain(_answers.All, answer => answer.Publisher == "p1");
        Assert.Contains(_answers.All, answer => answer is { Publisher: "p0", Sequence: 2 });
    }

    [Fact]
    public void Truncate_ForgetsTheAnswersToRowsThatAreGone()
    {
        Add(0, "whole", 1);
        Add(2, "half", 1);
        Add(4, "gone", 1);

        _answers.Truncate(3);

        Assert.Equal("whole", Assert.Single(_answers.All).Publisher);
        _answers.Clear();
        Assert.Empty(_answers.All);
    }

    private void Add(long offset, string? publisher, long sequence) => _answers.Add(new LoggedBlock(Block("a", 2, Fields, offset, publisher, sequence), "e1", offset));
}
